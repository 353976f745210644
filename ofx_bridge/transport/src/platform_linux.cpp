#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "failures.h"
#include "platform.h"

namespace reelmend::transport::platform {

namespace {

std::string reason(int error) {
    return std::system_category().message(error);
}

template <typename Call>
auto restarted(Call call) {
    auto result = call();
    while (result < 0 && errno == EINTR) result = call();
    return result;
}

struct Endpoint {
    sockaddr_storage storage{};
    socklen_t size = 0;
};

template <typename Sockaddr>
Endpoint endpoint(const Sockaddr& address) {
    Endpoint result;
    std::memcpy(&result.storage, &address, sizeof address);
    result.size = sizeof address;
    return result;
}

Endpoint loopback_v4(uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return endpoint(address);
}

Endpoint loopback_v6(uint16_t port) {
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_port = htons(port);
    address.sin6_addr = in6addr_loopback;
    return endpoint(address);
}

Endpoint unix_socket(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.c_str(), std::min(path.size(), sizeof address.sun_path - 1));
    return endpoint(address);
}

std::vector<Endpoint> endpoints(const Address& address) {
    switch (address.kind) {
        case Address::Kind::unix_socket:
            return {unix_socket(address.path)};
        case Address::Kind::tcp_v4:
            return {loopback_v4(address.port)};
        case Address::Kind::tcp_v6:
            return {loopback_v6(address.port)};
        case Address::Kind::tcp_localhost:
            break;
    }
    return {loopback_v4(address.port), loopback_v6(address.port)};
}

void poll_one(int fd, short events, int timeout_ms) {
    pollfd entry{fd, events, 0};
    ::poll(&entry, 1, timeout_ms);
}

// The errno of the attempt; 0 when connected.
int finish_connect(int fd, const Endpoint& to, Waiting& waiting) {
    const auto* address = reinterpret_cast<const sockaddr*>(&to.storage);
    for (;;) {
        if (::connect(fd, address, to.size) == 0 || errno == EISCONN) return 0;
        if (errno == EINPROGRESS || errno == EALREADY) {
            poll_one(fd, POLLOUT, waiting.slice_ms());
        } else if (errno == EAGAIN) {
            // The unix socket's queue is full, and poll() would not tell when there is room.
            poll_one(-1, 0, std::min(waiting.slice_ms(), 5));
        } else if (errno != EINTR) {
            return errno;
        }
        waiting.check();
    }
}

bool means_nobody(int error) {
    return error == ENOENT || error == ECONNREFUSED || error == EAFNOSUPPORT || error == EADDRNOTAVAIL ||
           error == ENETUNREACH || error == ECONNRESET;
}

}  // namespace

std::string user_id() {
    return std::to_string(::geteuid());
}

long process_id() {
    return ::getpid();
}

Handle& Handle::operator=(Handle&& other) noexcept {
    if (this != &other) {
        close();
        value_ = other.release();
    }
    return *this;
}

int Handle::release() {
    const int value = value_;
    value_ = -1;
    return value;
}

void Handle::close() {
    if (value_ >= 0) ::close(release());
}

Socket Socket::connect(const Address& address, Waiting& waiting) {
    int error = 0;
    for (const Endpoint& to : endpoints(address)) {
        Handle handle(::socket(to.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
        if (!handle) {
            error = errno;
            continue;
        }
        error = finish_connect(handle.get(), to, waiting);
        if (error != 0) continue;
        if (address.kind != Address::Kind::unix_socket) {
            const int on = 1;
            ::setsockopt(handle.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        }
        return Socket(std::move(handle));
    }
    if (means_nobody(error)) throw NobodyAnswers(reason(error));
    throw EngineError(Code::unavailable, "no connection to the engine at " + address.text + ": " + reason(error));
}

size_t Socket::send(const std::vector<Span>& spans) {
    std::vector<iovec> parts;
    for (const Span& span : spans) parts.push_back({const_cast<void*>(span.data), span.size});
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = parts.size();
    const ssize_t sent = restarted([&] { return ::sendmsg(handle_.get(), &message, MSG_NOSIGNAL); });
    if (sent >= 0) return static_cast<size_t>(sent);
    if (errno == EAGAIN || errno == EWOULDBLOCK) return 0;
    throw ConnectionLost(reason(errno));
}

size_t Socket::receive(uint8_t* buffer, size_t size) {
    const ssize_t got = restarted([&] { return ::recv(handle_.get(), buffer, size, 0); });
    if (got > 0) return static_cast<size_t>(got);
    if (got == 0) throw ConnectionLost("the engine closed the connection");
    if (errno == EAGAIN || errno == EWOULDBLOCK) return 0;
    throw ConnectionLost(reason(errno));
}

void Socket::wait(bool for_writing, int timeout_ms) const {
    poll_one(handle_.get(), static_cast<short>(for_writing ? POLLIN | POLLOUT : POLLIN), timeout_ms);
}

SharedSegment::SharedSegment(const std::string& name) {
    if (name.size() < 2 || name.size() > 255 || name[0] != '/' || name.find('/', 1) != std::string::npos ||
        name.find('\0') != std::string::npos) {
        throw SharedMemoryUnusable("its segment has an impossible name");
    }
    const Handle handle(::shm_open(name.c_str(), O_RDWR | O_CLOEXEC, 0));
    if (!handle) throw SharedMemoryUnusable("its segment can't be opened: " + reason(errno));
    struct stat status{};
    if (::fstat(handle.get(), &status) != 0 || status.st_size <= 0) {
        throw SharedMemoryUnusable("its segment is empty");
    }
    size_ = static_cast<size_t>(status.st_size);
    int error = EINTR;
    while (error == EINTR) error = ::posix_fallocate(handle.get(), 0, status.st_size);
    if (error != 0) throw SharedMemoryUnusable("no room in shared memory: " + reason(error));
    void* mapped = ::mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_SHARED, handle.get(), 0);
    if (mapped == MAP_FAILED) throw SharedMemoryUnusable("its segment can't be mapped: " + reason(errno));
    data_ = static_cast<uint8_t*>(mapped);
    // A read maps the pages around it as well, a write only one: an eighth of the time for a frame.
    constexpr size_t kFaultAroundBytes = size_t{64} << 10;
    for (size_t offset = 0; offset < size_; offset += kFaultAroundBytes) {
        static_cast<void>(static_cast<volatile const uint8_t*>(data_)[offset]);
    }
}

SharedSegment::~SharedSegment() {
    ::munmap(data_, size_);
}

bool SharedSegment::exists(const std::string& name) {
    return static_cast<bool>(Handle(::shm_open(name.c_str(), O_RDONLY | O_CLOEXEC, 0)));
}

std::optional<FileLock> FileLock::try_lock(const std::string& path) {
    Handle handle(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!handle) {
        throw EngineError(Code::failed_precondition,
                          "the engine's start lock " + path + " can't be opened: " + reason(errno));
    }
    if (restarted([&] { return ::flock(handle.get(), LOCK_EX | LOCK_NB); }) != 0) return std::nullopt;
    return FileLock(std::move(handle));
}

FileLock::~FileLock() {
    // Closing would not do where a forked child has a copy of the handle.
    if (handle_ && owner_ == process_id()) ::flock(handle_.get(), LOCK_UN);
}

bool FileLock::is_held(const std::string& path) {
    const Handle handle(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    return handle && restarted([&] { return ::flock(handle.get(), LOCK_SH | LOCK_NB); }) != 0;
}

void create_folder(const std::string& path) {
    if (::mkdir(path.c_str(), 0700) == 0 || errno == EEXIST) return;
    const size_t slash = path.rfind('/');
    if (errno == ENOENT && slash != std::string::npos && slash > 0) {
        create_folder(path.substr(0, slash));
        if (::mkdir(path.c_str(), 0700) == 0 || errno == EEXIST) return;
    }
    throw EngineError(Code::failed_precondition, "the engine's folder " + path + " can't be made: " + reason(errno) +
                                                     "; set REELMEND_RUNTIME_DIR to a folder of your own");
}

void refuse_shared_folder(const std::string& path) {
    struct stat status{};
    if (::lstat(path.c_str(), &status) != 0) return;
    std::string why;
    if (!S_ISDIR(status.st_mode)) {
        why = "is no folder";
    } else if (status.st_uid != ::geteuid()) {
        why = "belongs to another user";
    } else if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
        why = "may be written by other users (chmod 700 mends it)";
    }
    if (why.empty()) return;
    throw EngineError(Code::failed_precondition,
                      "the engine's folder " + path + " " + why + "; set REELMEND_RUNTIME_DIR to a folder of your own");
}

}  // namespace reelmend::transport::platform
