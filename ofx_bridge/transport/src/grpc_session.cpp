// What nghttp2 asks of a connection, and what a connection tells nghttp2 when it begins.
#include <algorithm>
#include <array>
#include <new>

#include "failures.h"
#include "grpc_connection.h"

namespace reelmend::transport {

namespace {

constexpr int32_t kStreamWindowBytes = 16 << 20;
constexpr int32_t kConnectionWindowBytes = 32 << 20;
constexpr uint32_t kMaxFrameBytes = 1u << 20;
constexpr uint32_t kMaxHeaderBytes = 64u << 10;

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

void GrpcConnection::open_session() {
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

int32_t GrpcConnection::submit(const std::vector<nghttp2_nv>& headers) {
    nghttp2_data_provider provider{};
    provider.read_callback = Callbacks::read_data;
    return nghttp2_submit_request(session_, nullptr, headers.data(), headers.size(), &provider, nullptr);
}

}  // namespace reelmend::transport
