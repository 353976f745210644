#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "failures.h"
#include "platform/linux/calls.h"
#include "platform/platform.h"

namespace reelmend::transport::platform {

namespace {

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

}  // namespace reelmend::transport::platform
