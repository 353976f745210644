#include "grpc_status.h"

#include <algorithm>

#include "failures.h"

namespace reelmend::transport {

namespace {

const std::string kGrpcContentType = "application/grpc";

int hex_digit(char digit) {
    if (digit >= '0' && digit <= '9') return digit - '0';
    if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
    if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
    return -1;
}

// Broken escapes stay as they are, as the gRPC specification asks.
std::string percent_decoded(const std::string& text) {
    std::string decoded;
    for (size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 && hex_digit(text[i + 2]) >= 0) {
            decoded += static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
            i += 2;
        } else {
            decoded += text[i];
        }
    }
    return decoded;
}

Code code_of(int number) {
    switch (number) {
        case 1:
        case 3:
        case 4:
        case 5:
        case 8:
        case 9:
        case 13:
        case 14:
        case 15:
            return static_cast<Code>(number);
        default:
            return Code::unknown;
    }
}

bool is_number(const std::string& text, size_t most_digits) {
    return !text.empty() && text.size() <= most_digits &&
           std::all_of(text.begin(), text.end(), [](char digit) { return digit >= '0' && digit <= '9'; });
}

// Negative and unreadable values mean that a retry does not help, as gRPC has it.
std::optional<std::chrono::milliseconds> pushback_of(const std::string& text) {
    if (!is_number(text, 9)) return std::nullopt;
    return std::chrono::milliseconds(std::stol(text));
}

// As the gRPC specification maps a plain HTTP answer.
Code code_of_http(const std::string& http_status) {
    if (http_status == "429" || http_status == "502" || http_status == "503" || http_status == "504") {
        return Code::unavailable;
    }
    return http_status == "400" ? Code::internal : Code::unknown;
}

}  // namespace

void ReplyFields::set(const std::string& name, std::string value) {
    if (name == ":status") {
        http_status = std::move(value);
    } else if (name == "content-type") {
        content_type = std::move(value);
    } else if (name == "grpc-status") {
        grpc_status = std::move(value);
    } else if (name == "grpc-message") {
        grpc_message = std::move(value);
    } else if (name == "grpc-retry-pushback-ms") {
        retry_pushback = std::move(value);
    }
}

void check_reply_start(const ReplyFields& fields) {
    if (fields.http_status != "200" || !fields.grpc_status.empty()) return;  // the end of the stream tells more
    if (fields.content_type.compare(0, kGrpcContentType.size(), kGrpcContentType) != 0) {
        throw ProtocolBroken("it answers with content type '" + one_line(fields.content_type) + "', not gRPC");
    }
}

Status status_of(const ReplyFields& fields) {
    if (fields.grpc_status.empty()) {
        if (fields.http_status.empty()) throw ProtocolBroken("its answer ended without headers");
        if (fields.http_status == "200") throw ProtocolBroken("its answer ended without a gRPC status");
        return {code_of_http(fields.http_status), "HTTP status " + one_line(fields.http_status), std::nullopt};
    }
    if (!is_number(fields.grpc_status, 3)) {
        throw ProtocolBroken("its gRPC status is '" + one_line(fields.grpc_status) + "'");
    }
    const int value = std::stoi(fields.grpc_status);
    if (value == 0) return {};
    std::string message = one_line(percent_decoded(fields.grpc_message));
    if (message.empty()) message = "no reason given";
    const Code code = code_of(value);
    if (code == Code::unknown && value != static_cast<int>(Code::unknown)) {
        message += " (gRPC status " + std::to_string(value) + ")";
    }
    return {code, message, pushback_of(fields.retry_pushback)};
}

std::string timeout_text(std::chrono::milliseconds timeout) {
    constexpr long long kMost = 99999999;  // eight digits
    return std::to_string(std::clamp<long long>(timeout.count(), 1, kMost)) + "m";
}

std::string one_line(std::string text) {
    constexpr size_t kMostBytes = 2000;
    if (text.size() > kMostBytes) {
        size_t end = kMostBytes;
        while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0u) == 0x80u) --end;
        text.resize(end);
    }
    for (char& character : text) {
        if (static_cast<unsigned char>(character) < 0x20 || character == 0x7f) character = ' ';
    }
    return text;
}

}  // namespace reelmend::transport
