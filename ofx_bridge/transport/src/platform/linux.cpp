// Linux
#include <dlfcn.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "failures.h"
#include "platform/platform.h"

extern char** environ;

namespace reelmend::transport {

long process_id() {
    return ::getpid();
}

std::string library_path(const void* inside) {
    Dl_info info{};
    const bool found = ::dladdr(inside, &info) != 0 && info.dli_fname != nullptr;
    return found ? info.dli_fname : "";
}

namespace platform {

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

std::string runtime_folder() {
    const auto environment = [](const char* name) {
        const char* value = std::getenv(name);
        return std::string(value == nullptr ? "" : value);
    };
    if (std::string own = environment("REELMEND_RUNTIME_DIR"); !own.empty()) return own;
    if (const std::string user = environment("XDG_RUNTIME_DIR"); !user.empty()) return user + "/reelmend";
    return "/tmp/reelmend-" + std::to_string(::geteuid());
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

// Processes that outlive this one.

namespace {

constexpr off_t kMostLogBytes = 4 << 20;  // a longer log begins anew at the next start

EngineError not_started(const std::string& why) {
    return EngineError(Code::failed_precondition, "the engine can't be started: " + why);
}

// The program's absolute path, looked up in PATH as a shell would: the child may not search, because that allocates.
std::string find_program(const std::string& name) {
    if (name.find('/') != std::string::npos) {
        if (::access(name.c_str(), X_OK) != 0) throw not_started(name + ": " + reason(errno));
        return std::filesystem::absolute(name);
    }
    const char* path = std::getenv("PATH");
    std::string folders = path == nullptr ? "/usr/local/bin:/usr/bin:/bin" : path;
    folders += ':';
    for (size_t begin = 0, end; (end = folders.find(':', begin)) != std::string::npos; begin = end + 1) {
        const std::string candidate = folders.substr(begin, end - begin) + "/" + name;
        if (end > begin && ::access(candidate.c_str(), X_OK) == 0) return std::filesystem::absolute(candidate);
    }
    throw not_started("no program '" + name + "' in PATH");
}

// The host's environment without what its own embedded Python needs and would break another Python's start.
std::vector<char*> engine_environment() {
    std::vector<char*> kept;
    for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
        // A host's own libraries and Python are not the engine's.
        if (std::strncmp(*entry, "PYTHONHOME=", 11) != 0 && std::strncmp(*entry, "LD_LIBRARY_PATH=", 16) != 0) {
            kept.push_back(*entry);
        }
    }
    kept.push_back(nullptr);
    return kept;
}

struct ChildPlan {
    const char* program;
    const char* folder;
    char* const* argv;
    char* const* environment;
    int input;
    int log;
    int report;
    unsigned open_files;
};

// The functions below run between fork and exec in a process that had threads: async-signal-safe calls only.

void close_from(unsigned first, unsigned end, unsigned keep) {
#ifdef SYS_close_range
    const bool below = keep <= first || ::syscall(SYS_close_range, first, keep - 1, 0u) == 0;
    if (below && ::syscall(SYS_close_range, keep + 1, ~0u, 0u) == 0) return;
#endif
    for (unsigned fd = first; fd < end; ++fd) {
        if (fd != keep) ::close(static_cast<int>(fd));
    }
}

[[noreturn]] void fail_child(int report) {
    const int error = errno;
    [[maybe_unused]] const ssize_t written = ::write(report, &error, sizeof error);
    ::_exit(127);
}

[[noreturn]] void become_engine(const ChildPlan& plan) {
    if (::setsid() < 0) fail_child(plan.report);
    const pid_t engine = ::fork();
    if (engine < 0) fail_child(plan.report);
    if (engine > 0) ::_exit(0);
    for (int signal = 1; signal < NSIG; ++signal) ::signal(signal, SIG_DFL);
    if (::dup2(plan.input, 0) < 0 || ::dup2(plan.log, 1) < 0 || ::dup2(plan.log, 2) < 0) fail_child(plan.report);
    close_from(3, plan.open_files, static_cast<unsigned>(plan.report));
    // Python looks for modules in the working folder, and the host's may hold anything.
    if (::chdir(plan.folder) != 0) fail_child(plan.report);
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::execve(plan.program, plan.argv, plan.environment);
    fail_child(plan.report);
}

struct Pipe {
    Handle read_end;
    Handle write_end;
};

// Moves a handle above the standard streams, which dup2 is going to overwrite.
Handle above_standard_streams(Handle handle) {
    if (handle.get() > 2) return handle;
    Handle moved(::fcntl(handle.get(), F_DUPFD_CLOEXEC, 3));
    if (!moved) throw not_started(reason(errno));
    return moved;
}

Pipe make_pipe() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw not_started(reason(errno));
    Handle read_end(ends[0]);
    Handle write_end(ends[1]);
    return {above_standard_streams(std::move(read_end)), above_standard_streams(std::move(write_end))};
}

unsigned open_file_limit() {
    rlimit limit{};
    constexpr rlim_t kMost = 1u << 20;
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur > kMost) return kMost;
    return static_cast<unsigned>(limit.rlim_cur);
}

// Forks with all signals blocked, so that no handler of the host runs in the child.
pid_t fork_quietly(const ChildPlan& plan) {
    sigset_t all;
    sigset_t before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    const pid_t child = ::fork();
    if (child == 0) become_engine(plan);
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return child;
}

void reap(pid_t child) {
    while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
    }
}

// The errno that the child reported; 0 when exec closed the pipe without a word.
int exec_error(const Handle& report) {
    int error = 0;
    ssize_t got;
    do {
        got = ::read(report.get(), &error, sizeof error);
    } while (got < 0 && errno == EINTR);
    return got == static_cast<ssize_t>(sizeof error) ? error : 0;
}

}  // namespace

DetachedProcess::DetachedProcess(const std::vector<std::string>& argv, const std::string& log_path)
    : log_path_(log_path) {
    const std::string program = find_program(argv.at(0));
    std::vector<char*> arguments;
    for (const std::string& argument : argv) arguments.push_back(const_cast<char*>(argument.c_str()));
    arguments.push_back(nullptr);
    const std::vector<char*> environment = engine_environment();

    Handle log(::open(log_path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!log) throw not_started("its log " + log_path + " can't be opened: " + reason(errno));
    log = above_standard_streams(std::move(log));
    if (::lseek(log.get(), 0, SEEK_END) > kMostLogBytes && ::ftruncate(log.get(), 0) != 0)
        throw not_started(reason(errno));
    log_start_ = ::lseek(log.get(), 0, SEEK_END);

    // The engine's stdin is this pipe: nothing is ever written, but when the engine ends, the write end knows at once.
    Pipe life = make_pipe();
    Pipe report = make_pipe();
    const std::string folder = std::filesystem::path(log_path).parent_path();
    const ChildPlan plan{program.c_str(),     folder.c_str(), arguments.data(),       environment.data(),
                         life.read_end.get(), log.get(),      report.write_end.get(), open_file_limit()};
    const pid_t child = fork_quietly(plan);
    if (child < 0) throw not_started(reason(errno));
    report.write_end.close();
    const int error = exec_error(report.read_end);
    reap(child);
    if (error != 0) throw not_started(program + ": " + reason(error));
    alive_ = std::move(life.write_end);
}

bool DetachedProcess::ended() const {
    pollfd entry{alive_.get(), 0, 0};
    return ::poll(&entry, 1, 0) == 1 && (entry.revents & POLLERR) != 0;
}

std::string DetachedProcess::last_words() const {
    constexpr off_t kTailBytes = 4096;
    const Handle log(::open(log_path_.c_str(), O_RDONLY | O_CLOEXEC));
    if (!log) return "";
    const off_t end = ::lseek(log.get(), 0, SEEK_END);
    const off_t begin = std::max<off_t>(log_start_, end - kTailBytes);
    std::string tail(static_cast<size_t>(std::max<off_t>(end - begin, 0)), '\0');
    const ssize_t got = ::pread(log.get(), tail.data(), tail.size(), begin);
    tail.resize(static_cast<size_t>(std::max<ssize_t>(got, 0)));
    const size_t last = tail.find_last_not_of(" \t\r\n");
    if (last == std::string::npos) return "";
    tail.resize(last + 1);
    const size_t line = tail.rfind('\n');
    return line == std::string::npos ? tail : tail.substr(line + 1);
}

}  // namespace platform

}  // namespace reelmend::transport
