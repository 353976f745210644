// One HTTP/2 connection that carries one gRPC call at a time. No threads, no locks: one user at a time.
#pragma once

#include <nghttp2/nghttp2.h>

#include <exception>
#include <memory>
#include <optional>
#include <string>

#include "grpc_status.h"
#include "message_assembler.h"
#include "platform/platform.h"
#include "waiting.h"

namespace reelmend::transport {

// A message to send: its own bytes, then bytes that stay where they are until send() returns.
struct Outgoing {
    Bytes head;
    const uint8_t* body = nullptr;
    size_t body_size = 0;
};

class GrpcConnection {
  public:
    explicit GrpcConnection(platform::Socket socket);
    ~GrpcConnection();
    GrpcConnection(const GrpcConnection&) = delete;
    GrpcConnection& operator=(const GrpcConnection&) = delete;

    // Opens a call; `timeout` becomes its grpc-timeout.
    void start_call(const std::string& path, std::optional<std::chrono::milliseconds> timeout);
    // Returns when the system has taken all of the message, or the peer has ended the call.
    void send(const Outgoing& message, Waiting& waiting);
    // Tells the peer that no message follows.
    void half_close();
    // The next message, or nothing when the call has ended; then status() tells how.
    // Like send(), throws EngineError from `waiting`, ConnectionLost and ProtocolBroken.
    // `placed` tells whether the message's body went where the placer said.
    std::optional<Bytes> receive(Waiting& waiting, bool* placed = nullptr);
    // From now on; an empty one ends it. What it points to must live as long.
    void place_with(MessageAssembler::Placer placer) { assembler_.place_with(std::move(placer)); }
    void recycle(Bytes message);
    Status status() const;
    // Resets the call, without waiting.
    void cancel() noexcept;
    // True when the peer still keeps the connection and the open call.
    bool is_usable() noexcept;

  private:
    struct Callbacks;
    enum class Phase { idle, open, closed };

    void open_session();
    int32_t submit(const std::vector<nghttp2_nv>& headers);
    void pump(Waiting& waiting);
    void flush();
    void read_available();
    void check_session() const;
    bool has_unsent() const;
    size_t outgoing_size() const;
    void send_frame(const uint8_t* frame_header, size_t size);
    [[noreturn]] void fail(int error);

    void send_unsent();
    void keep_unsent() noexcept;

    platform::Socket socket_;
    // In a forked child this connection is the parent's: not a byte may be sent.
    const long owner_ = process_id();
    nghttp2_session* session_ = nullptr;
    Bytes receive_buffer_;
    std::vector<platform::Span> unsent_;  // of the frame at hand: what the socket had no room for
    uint8_t frame_header_[9] = {};
    Bytes kept_;  // unsent bytes whose message is gone

    Phase phase_ = Phase::idle;
    int32_t stream_id_ = -1;
    uint32_t stream_error_ = 0;
    bool going_away_ = false;
    bool half_closed_ = false;
    const Outgoing* outgoing_ = nullptr;
    uint8_t prefix_[MessageAssembler::kPrefixBytes] = {};
    size_t outgoing_sent_ = 0;
    size_t header_bytes_ = 0;
    ReplyFields reply_;
    MessageAssembler assembler_;
    std::exception_ptr failure_;  // thrown inside a callback of nghttp2
    std::string library_error_;   // nghttp2's words for what is wrong with the peer
};

}  // namespace reelmend::transport
