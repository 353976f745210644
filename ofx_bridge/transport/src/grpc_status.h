// What a gRPC reply's headers and trailers say.
#pragma once

#include <optional>
#include <string>

#include "reelmend/transport/engine_client.h"

namespace reelmend::transport {

// The header and trailer fields of one reply, as they came.
struct ReplyFields {
    std::string http_status;
    std::string content_type;
    std::string grpc_status;
    std::string grpc_message;
    std::string retry_pushback;

    void set(const std::string& name, std::string value);
};

struct Status {
    Code code = Code::ok;
    std::string message;
    std::optional<std::chrono::milliseconds> retry_after;  // where the engine said that a retry may succeed
};

// The call's outcome once its stream has ended. Throws ProtocolBroken when the peer is no gRPC server.
Status status_of(const ReplyFields& fields);

// Throws ProtocolBroken when the first header block is not the beginning of a gRPC reply.
void check_reply_start(const ReplyFields& fields);

// The value of the grpc-timeout header.
std::string timeout_text(std::chrono::milliseconds timeout);

// On one line, without control characters.
std::string one_line(std::string text);

}  // namespace reelmend::transport
