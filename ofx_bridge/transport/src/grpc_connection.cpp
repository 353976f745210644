#include "grpc_connection.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <exception>

#include "failures.h"

namespace reelmend::transport {

namespace {

constexpr size_t kReceiveBufferBytes = size_t{256} << 10;
const std::string kUserAgent = "reelmend-ofx/0.1.0";

nghttp2_nv header(const std::string& name, const std::string& value) {
    const auto bytes = [](const std::string& text) {
        return const_cast<uint8_t*>(reinterpret_cast<const uint8_t*>(text.data()));
    };
    return {bytes(name), bytes(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE};
}

}  // namespace

GrpcConnection::GrpcConnection(platform::Socket socket)
    : socket_(std::move(socket)), receive_buffer_(kReceiveBufferBytes) {
    open_session();
}

GrpcConnection::~GrpcConnection() {
    nghttp2_session_del(session_);
}

void GrpcConnection::start_call(const std::string& path, std::optional<std::chrono::milliseconds> timeout) {
    const std::string timeout_value = timeout ? timeout_text(*timeout) : "";
    const std::array<std::pair<std::string, std::string>, 9> fields{{{":method", "POST"},
                                                                     {":scheme", "http"},
                                                                     {":path", path},
                                                                     {":authority", "localhost"},
                                                                     {"content-type", "application/grpc"},
                                                                     {"te", "trailers"},
                                                                     {"user-agent", kUserAgent},
                                                                     {"grpc-accept-encoding", "identity"},
                                                                     {"grpc-timeout", timeout_value}}};
    std::vector<nghttp2_nv> headers;
    for (const auto& [name, value] : fields) {
        if (!value.empty()) headers.push_back(header(name, value));
    }
    reply_ = {};
    assembler_ = {};
    header_bytes_ = 0;
    stream_error_ = 0;
    half_closed_ = false;
    outgoing_ = nullptr;
    stream_id_ = submit(headers);
    if (stream_id_ < 0) throw ConnectionLost(nghttp2_strerror(stream_id_));
    phase_ = Phase::open;
}

void GrpcConnection::send(const Outgoing& message, Waiting& waiting) {
    const size_t size = message.head.size() + message.body_size;
    prefix_[0] = 0;
    for (int i = 0; i < 4; ++i) prefix_[1 + i] = static_cast<uint8_t>(size >> (24 - 8 * i));
    outgoing_sent_ = 0;
    outgoing_ = &message;
    struct Forget {
        GrpcConnection& connection;
        ~Forget() {
            connection.outgoing_ = nullptr;
            connection.keep_unsent();
        }
    } const forget{*this};
    nghttp2_session_resume_data(session_, stream_id_);
    flush();
    while ((outgoing_ != nullptr || has_unsent()) && phase_ == Phase::open) pump(waiting);
}

void GrpcConnection::half_close() {
    half_closed_ = true;
    nghttp2_session_resume_data(session_, stream_id_);
}

std::optional<Bytes> GrpcConnection::receive(Waiting& waiting, bool* placed) {
    for (;;) {
        if (assembler_.has_message()) {
            if (placed != nullptr) *placed = assembler_.next_is_placed();
            const size_t wire_bytes = assembler_.next_wire_bytes() + MessageAssembler::kPrefixBytes;
            nghttp2_session_consume(session_, stream_id_, wire_bytes);
            return assembler_.take();
        }
        if (phase_ != Phase::open) return std::nullopt;
        pump(waiting);
    }
}

void GrpcConnection::recycle(Bytes message) {
    assembler_.recycle(std::move(message));
}

Status GrpcConnection::status() const {
    if (reply_.grpc_status.empty() && stream_error_ != NGHTTP2_NO_ERROR) {
        if (stream_error_ == NGHTTP2_REFUSED_STREAM || stream_error_ == NGHTTP2_CANCEL) {
            throw ConnectionLost("the engine dropped the call");
        }
        const std::string why = nghttp2_http2_strerror(stream_error_);
        throw ProtocolBroken("its call was reset: " + why +
                             (library_error_.empty() ? "" : " (" + library_error_ + ")"));
    }
    Status status = status_of(reply_);
    if (status.code == Code::ok && assembler_.is_open()) throw ProtocolBroken("its last message is cut short");
    return status;
}

void GrpcConnection::cancel() noexcept {
    try {
        if (phase_ != Phase::open || owner_ != process_id()) return;
        phase_ = Phase::closed;
        nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, stream_id_, NGHTTP2_CANCEL);
        flush();
    } catch (...) {
        // The connection is about to be closed, which cancels the call as well.
    }
}

bool GrpcConnection::is_usable() noexcept {
    if (owner_ != process_id()) return false;
    try {
        flush();
        read_available();
        flush();
        return phase_ == Phase::open && !going_away_ && !assembler_.has_message() && !assembler_.is_open() &&
               nghttp2_session_want_read(session_) != 0;
    } catch (...) {
        return false;
    }
}

void GrpcConnection::pump(Waiting& waiting) {
    waiting.check();
    flush();
    check_session();
    socket_.wait(has_unsent() || nghttp2_session_want_write(session_) != 0, waiting.slice_ms());
    read_available();
    flush();
}

size_t GrpcConnection::outgoing_size() const {
    return sizeof prefix_ + outgoing_->head.size() + outgoing_->body_size;
}

void GrpcConnection::send_frame(const uint8_t* frame_header, size_t size) {
    std::memcpy(frame_header_, frame_header, sizeof frame_header_);
    unsent_ = {{frame_header_, sizeof frame_header_}};
    if (size > 0) {
        if (outgoing_ == nullptr) throw ConnectionLost("a message was given up half-way");
        const platform::Span parts[3] = {{prefix_, sizeof prefix_},
                                         {outgoing_->head.data(), outgoing_->head.size()},
                                         {outgoing_->body, outgoing_->body_size}};
        size_t skip = outgoing_sent_;
        size_t left = size;
        for (const platform::Span& part : parts) {
            const size_t begin = std::min(skip, part.size);
            const size_t taken = std::min(part.size - begin, left);
            if (taken > 0) unsent_.push_back({static_cast<const uint8_t*>(part.data) + begin, taken});
            skip -= begin;
            left -= taken;
        }
        outgoing_sent_ += size;
        if (outgoing_sent_ == outgoing_size()) outgoing_ = nullptr;
    }
    send_unsent();
}

bool GrpcConnection::has_unsent() const {
    return !unsent_.empty();
}

void GrpcConnection::send_unsent() {
    while (has_unsent()) {
        size_t sent = socket_.send(unsent_);
        if (sent == 0) return;
        size_t whole = 0;
        for (; whole < unsent_.size() && unsent_[whole].size <= sent; ++whole) sent -= unsent_[whole].size;
        unsent_.erase(unsent_.begin(), unsent_.begin() + static_cast<ptrdiff_t>(whole));
        if (sent > 0) unsent_[0] = {static_cast<const uint8_t*>(unsent_[0].data) + sent, unsent_[0].size - sent};
    }
}

// The message is about to go; what is left of its frame must still be sent before any other.
void GrpcConnection::keep_unsent() noexcept {
    try {
        if (!has_unsent()) return;
        Bytes kept;
        for (const platform::Span& span : unsent_) {
            const auto* bytes = static_cast<const uint8_t*>(span.data);
            kept.insert(kept.end(), bytes, bytes + span.size);
        }
        kept_ = std::move(kept);
        unsent_ = {{kept_.data(), kept_.size()}};
    } catch (...) {
        unsent_.clear();
        failure_ = std::current_exception();  // the frame is cut short: nothing may follow
    }
}

void GrpcConnection::flush() {
    // nghttp2 would send the frame again whose bytes are no longer ours.
    if (failure_) std::rethrow_exception(failure_);
    send_unsent();
    if (has_unsent()) return;
    const int result = nghttp2_session_send(session_);
    if (result != 0) fail(result);
}

void GrpcConnection::read_available() {
    constexpr int kMostReads = 16;
    for (int i = 0; i < kMostReads; ++i) {
        const size_t size = socket_.receive(receive_buffer_.data(), receive_buffer_.size());
        if (size == 0) return;
        const ssize_t used = nghttp2_session_mem_recv(session_, receive_buffer_.data(), size);
        if (used < 0) fail(static_cast<int>(used));
        if (phase_ != Phase::open || assembler_.has_message()) return;
        check_session();
    }
}

void GrpcConnection::check_session() const {
    if (phase_ != Phase::open || nghttp2_session_want_read(session_) != 0 ||
        nghttp2_session_want_write(session_) != 0) {
        return;
    }
    if (going_away_) throw ConnectionLost("the engine is stopping");
    throw ProtocolBroken(library_error_.empty() ? "it does not speak HTTP/2" : library_error_);
}

void GrpcConnection::fail(int error) {
    if (failure_) std::rethrow_exception(failure_);
    const std::string why = library_error_.empty() ? nghttp2_strerror(error) : library_error_;
    throw ProtocolBroken("its HTTP/2 is broken: " + why);
}

}  // namespace reelmend::transport
