#include "address.h"

#include "platform/platform.h"
#include "reelmend/transport/engine_client.h"

namespace reelmend::transport {

namespace {

const std::string kUnixPrefix = "unix:";

[[noreturn]] void refuse(const std::string& text, const std::string& why) {
    throw EngineError(Code::invalid_argument, "engine address '" + text + "' " + why +
                                                  "; use unix:/path, 127.0.0.1:port, localhost:port or [::1]:port");
}

uint16_t parse_port(const std::string& text, const std::string& digits) {
    unsigned port = 0;
    if (digits.empty() || digits.size() > 5) refuse(text, "has no port from 1 to 65535");
    for (const char digit : digits) {
        if (digit < '0' || digit > '9') refuse(text, "has no port from 1 to 65535");
        port = port * 10 + static_cast<unsigned>(digit - '0');
    }
    if (port < 1 || port > 65535) refuse(text, "has no port from 1 to 65535");
    return static_cast<uint16_t>(port);
}

Address parse_unix(const std::string& text) {
    Address address;
    address.text = text;
    address.path = text.substr(kUnixPrefix.size());
    if (address.path.empty() || address.path[0] != '/') refuse(text, "has no absolute socket path");
    if (address.path.find('\0') != std::string::npos) refuse(text, "has a NUL in its path");
    if (address.path.size() > platform::kMostSocketPathBytes) {
        refuse(text, "has a path longer than " + std::to_string(platform::kMostSocketPathBytes) +
                         " bytes, the system's limit");
    }
    return address;
}

}  // namespace

std::string default_runtime_folder() {
    return platform::runtime_folder();
}

std::string default_address() {
    return kUnixPrefix + default_runtime_folder() + "/engine.sock";
}

std::string Address::runtime_folder() const {
    if (kind != Kind::unix_socket) return default_runtime_folder();
    const size_t slash = path.rfind('/');
    return slash == 0 ? "/" : path.substr(0, slash);
}

Address parse_address(const std::string& text) {
    if (text.compare(0, kUnixPrefix.size(), kUnixPrefix) == 0) return parse_unix(text);
    Address address;
    address.text = text;
    const size_t colon = text.rfind(':');
    const std::string host = text.substr(0, colon);
    if (host == "127.0.0.1") {
        address.kind = Address::Kind::tcp_v4;
    } else if (host == "[::1]") {
        address.kind = Address::Kind::tcp_v6;
    } else if (host == "localhost") {
        address.kind = Address::Kind::tcp_localhost;
    } else {
        refuse(text, "is not on this machine");
    }
    if (colon == std::string::npos) refuse(text, "has no port from 1 to 65535");
    address.port = parse_port(text, text.substr(colon + 1));
    return address;
}

}  // namespace reelmend::transport
