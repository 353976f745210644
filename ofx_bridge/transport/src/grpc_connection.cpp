#include "grpc_connection.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <exception>

#include "failures.h"

namespace reelmend::transport {

namespace {

constexpr size_t kReceiveBufferBytes = size_t{256} << 10;
constexpr int32_t kStreamWindowBytes = 16 << 20;
constexpr int32_t kConnectionWindowBytes = 32 << 20;
constexpr uint32_t kMaxFrameBytes = 1u << 20;
constexpr uint32_t kMaxHeaderBytes = 64u << 10;
const std::string kUserAgent = "reelmend-ofx/0.1.0";

nghttp2_nv header(const std::string& name, const std::string& value) {
    const auto bytes = [](const std::string& text) {
        return const_cast<uint8_t*>(reinterpret_cast<const uint8_t*>(text.data()));
    };
    return {bytes(name), bytes(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE};
}

template <typename Thing, void (*destroy)(Thing*)>
using Owned = std::unique_ptr<Thing, std::integral_constant<decltype(destroy), destroy>>;

}  // namespace

// What nghttp2 calls. An exception can't cross it: it is kept, and thrown when nghttp2 has returned.
struct GrpcConnection::Callbacks {
    static GrpcConnection& self(void* user) { return *static_cast<GrpcConnection*>(user); }

    template <typename Result, typename Work>
    static Result guarded(void* user, Work work) {
        try {
            return work(self(user));
        } catch (...) {
            if (!self(user).failure_) self(user).failure_ = std::current_exception();
            return NGHTTP2_ERR_CALLBACK_FAILURE;
        }
    }

    static ssize_t send(nghttp2_session*, const uint8_t* data, size_t size, int, void* user) {
        return guarded<ssize_t>(user, [&](GrpcConnection& connection) -> ssize_t {
            if (connection.has_unsent()) return NGHTTP2_ERR_WOULDBLOCK;
            const size_t sent = connection.socket_.send({{data, size}});
            return sent == 0 ? ssize_t{NGHTTP2_ERR_WOULDBLOCK} : static_cast<ssize_t>(sent);
        });
    }

    static int send_data(nghttp2_session*, nghttp2_frame*, const uint8_t* frame_header, size_t size,
                         nghttp2_data_source*, void* user) {
        return guarded<int>(user, [&](GrpcConnection& connection) -> int {
            if (connection.has_unsent()) return NGHTTP2_ERR_WOULDBLOCK;
            connection.send_frame(frame_header, size);
            return 0;
        });
    }

    static ssize_t read_data(nghttp2_session*, int32_t, uint8_t*, size_t size, uint32_t* flags, nghttp2_data_source*,
                             void* user) {
        GrpcConnection& connection = self(user);
        *flags |= NGHTTP2_DATA_FLAG_NO_COPY;
        if (connection.outgoing_ != nullptr) {
            return static_cast<ssize_t>(std::min(size, connection.outgoing_size() - connection.outgoing_sent_));
        }
        if (!connection.half_closed_) return NGHTTP2_ERR_DEFERRED;
        *flags |= NGHTTP2_DATA_FLAG_EOF;
        return 0;
    }

    static ssize_t read_length(nghttp2_session*, uint8_t, int32_t, int32_t session_window, int32_t stream_window,
                               uint32_t max_frame_bytes, void*) {
        return std::min(
            {session_window, stream_window, static_cast<int32_t>(std::min(max_frame_bytes, kMaxFrameBytes))});
    }

    static int on_header(nghttp2_session*, const nghttp2_frame* frame, const uint8_t* name, size_t name_size,
                         const uint8_t* value, size_t value_size, uint8_t, void* user) {
        return guarded<int>(user, [&](GrpcConnection& connection) {
            if (frame->hd.stream_id != connection.stream_id_) return 0;
            connection.header_bytes_ += name_size + value_size;
            if (connection.header_bytes_ > kMaxHeaderBytes) throw ProtocolBroken("it sent too many header bytes");
            connection.reply_.set(std::string(reinterpret_cast<const char*>(name), name_size),
                                  std::string(reinterpret_cast<const char*>(value), value_size));
            return 0;
        });
    }

    static int on_frame(nghttp2_session*, const nghttp2_frame* frame, void* user) {
        return guarded<int>(user, [&](GrpcConnection& connection) {
            if (frame->hd.type == NGHTTP2_GOAWAY) connection.going_away_ = true;
            if (frame->hd.type == NGHTTP2_HEADERS && frame->hd.stream_id == connection.stream_id_) {
                check_reply_start(connection.reply_);
            }
            return 0;
        });
    }

    static int on_data(nghttp2_session* session, uint8_t, int32_t stream_id, const uint8_t* data, size_t size,
                       void* user) {
        return guarded<int>(user, [&](GrpcConnection& connection) {
            // Pages of a plain web server are not messages.
            if (stream_id == connection.stream_id_ && connection.reply_.http_status == "200") {
                connection.assembler_.add(data, size);
                return 0;
            }
            return nghttp2_session_consume(session, stream_id, size);
        });
    }

    static int on_stream_close(nghttp2_session*, int32_t stream_id, uint32_t error, void* user) {
        GrpcConnection& connection = self(user);
        if (stream_id == connection.stream_id_) {
            connection.phase_ = Phase::closed;
            connection.stream_error_ = error;
        }
        return 0;
    }

    static int on_library_error(nghttp2_session*, int, const char* message, size_t size, void* user) {
        return guarded<int>(user, [&](GrpcConnection& connection) {
            connection.library_error_ = one_line(std::string(message, size));
            return 0;
        });
    }

    static int on_invalid_frame(nghttp2_session*, const nghttp2_frame*, int error, void* user) {
        return guarded<int>(user, [&](GrpcConnection& connection) {
            if (connection.library_error_.empty()) connection.library_error_ = nghttp2_strerror(error);
            return 0;
        });
    }
};

GrpcConnection::GrpcConnection(platform::Socket socket)
    : socket_(std::move(socket)), receive_buffer_(kReceiveBufferBytes) {
    nghttp2_session_callbacks* raw_callbacks = nullptr;
    nghttp2_option* raw_option = nullptr;
    if (nghttp2_session_callbacks_new(&raw_callbacks) != 0) throw std::bad_alloc();
    const Owned<nghttp2_session_callbacks, nghttp2_session_callbacks_del> callbacks(raw_callbacks);
    if (nghttp2_option_new(&raw_option) != 0) throw std::bad_alloc();
    const Owned<nghttp2_option, nghttp2_option_del> option(raw_option);

    nghttp2_session_callbacks_set_send_callback(raw_callbacks, Callbacks::send);
    nghttp2_session_callbacks_set_send_data_callback(raw_callbacks, Callbacks::send_data);
    nghttp2_session_callbacks_set_data_source_read_length_callback(raw_callbacks, Callbacks::read_length);
    nghttp2_session_callbacks_set_on_header_callback(raw_callbacks, Callbacks::on_header);
    nghttp2_session_callbacks_set_on_frame_recv_callback(raw_callbacks, Callbacks::on_frame);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(raw_callbacks, Callbacks::on_data);
    nghttp2_session_callbacks_set_on_stream_close_callback(raw_callbacks, Callbacks::on_stream_close);
    nghttp2_session_callbacks_set_error_callback2(raw_callbacks, Callbacks::on_library_error);
    nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(raw_callbacks, Callbacks::on_invalid_frame);
    // The peer may send on only when its messages have been taken: that bounds what waits in memory.
    nghttp2_option_set_no_auto_window_update(raw_option, 1);
    if (nghttp2_session_client_new2(&session_, raw_callbacks, this, raw_option) != 0) throw std::bad_alloc();

    const std::array<nghttp2_settings_entry, 4> settings{{
        {NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, static_cast<uint32_t>(kStreamWindowBytes)},
        {NGHTTP2_SETTINGS_MAX_FRAME_SIZE, kMaxFrameBytes},
        {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, kMaxHeaderBytes},
    }};
    nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings.data(), settings.size());
    nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0, kConnectionWindowBytes);
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
    nghttp2_data_provider provider{};
    provider.read_callback = Callbacks::read_data;
    reply_ = {};
    assembler_ = {};
    header_bytes_ = 0;
    stream_error_ = 0;
    half_closed_ = false;
    outgoing_ = nullptr;
    stream_id_ = nghttp2_submit_request(session_, nullptr, headers.data(), headers.size(), &provider, nullptr);
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
        const Outgoing*& outgoing;
        ~Forget() { outgoing = nullptr; }
    } const forget{outgoing_};
    nghttp2_session_resume_data(session_, stream_id_);
    flush();
    while (outgoing_ != nullptr && phase_ == Phase::open) pump(waiting);
}

void GrpcConnection::half_close() {
    half_closed_ = true;
    nghttp2_session_resume_data(session_, stream_id_);
}

std::optional<Bytes> GrpcConnection::receive(Waiting& waiting) {
    for (;;) {
        if (assembler_.has_message()) {
            Bytes message = assembler_.take();
            nghttp2_session_consume(session_, stream_id_, message.size() + MessageAssembler::kPrefixBytes);
            return message;
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
        if (phase_ != Phase::open) return;
        phase_ = Phase::closed;
        nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, stream_id_, NGHTTP2_CANCEL);
        flush();
    } catch (...) {
        // The connection is about to be closed, which cancels the call as well.
    }
}

bool GrpcConnection::is_usable() noexcept {
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
    constexpr size_t kFrameHeaderBytes = 9;
    std::vector<platform::Span> spans{{frame_header, kFrameHeaderBytes}};
    if (size > 0) {
        const platform::Span parts[3] = {{prefix_, sizeof prefix_},
                                         {outgoing_->head.data(), outgoing_->head.size()},
                                         {outgoing_->body, outgoing_->body_size}};
        size_t skip = outgoing_sent_;
        size_t left = size;
        for (const platform::Span& part : parts) {
            const size_t begin = std::min(skip, part.size);
            const size_t taken = std::min(part.size - begin, left);
            if (taken > 0) spans.push_back({static_cast<const uint8_t*>(part.data) + begin, taken});
            skip -= begin;
            left -= taken;
        }
        outgoing_sent_ += size;
        if (outgoing_sent_ == outgoing_size()) outgoing_ = nullptr;
    }
    size_t sent = socket_.send(spans);
    for (const platform::Span& span : spans) {
        const size_t gone = std::min(sent, span.size);
        const auto* bytes = static_cast<const uint8_t*>(span.data);
        unsent_.insert(unsent_.end(), bytes + gone, bytes + span.size);
        sent -= gone;
    }
}

bool GrpcConnection::has_unsent() const {
    return unsent_begin_ < unsent_.size();
}

void GrpcConnection::flush() {
    while (has_unsent()) {
        const size_t sent = socket_.send({{unsent_.data() + unsent_begin_, unsent_.size() - unsent_begin_}});
        if (sent == 0) return;
        unsent_begin_ += sent;
    }
    unsent_.clear();
    unsent_begin_ = 0;
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
