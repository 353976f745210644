// Where an engine listens.
#pragma once

#include <cstdint>
#include <string>

namespace reelmend::transport {

struct Address {
    enum class Kind { unix_socket, tcp_v4, tcp_v6, tcp_localhost };

    Kind kind = Kind::unix_socket;
    std::string path;  // of the unix socket
    uint16_t port = 0;
    std::string text;  // as given

    // Where this address keeps start.lock and engine.log: beside the socket, or the user's runtime folder.
    std::string runtime_folder() const;
};

// The folder of default_address().
std::string default_runtime_folder();

// Accepts "unix:/path", "127.0.0.1:port", "localhost:port" and "[::1]:port". Throws EngineError (invalid_argument).
Address parse_address(const std::string& text);

}  // namespace reelmend::transport
