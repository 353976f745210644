// One Render stream: a request at a time, with the slots that the engine leased to it.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>

#include "messages.h"

namespace reelmend::transport {

// Bytes that are not initialised, aligned for any sample and kept for the next frame.
class PixelBuffer {
  public:
    uint8_t* at_least(size_t bytes);

  private:
    std::unique_ptr<uint8_t[]> bytes_;
    size_t capacity_ = 0;
};

class RenderStream {
  public:
    // Opens the stream on a connection without a call.
    RenderStream(std::unique_ptr<GrpcConnection> connection, std::string address, std::string client_id);
    // Resets what is still in flight.
    ~RenderStream();

    // Renders one frame; `delivered` becomes true once callbacks.receive has taken all outputs. After an exception the
    // stream is of no more use. Throws EngineError, ConnectionLost, ProtocolBroken, SharedMemoryUnusable, or what a
    // callback threw.
    RenderTimings render(const RenderJob& job, bool shared_memory, const RenderCallbacks& callbacks, Waiting& waiting,
                         bool& delivered);

    bool is_usable() noexcept { return connection_->is_usable(); }

  private:
    // The request in flight.
    struct Request {
        uint64_t id;
        const RenderJob& job;
        bool shared_memory;
        const RenderCallbacks& callbacks;
        Waiting& waiting;
    };

    void next_message(Request& request, Bytes& message, bool* placed);
    template <typename Expected>
    Expected decoded(const Request& request, const Bytes& message) const;
    template <typename Expected>
    Expected expect(Request& request, Bytes& message);
    [[noreturn]] void throw_status() const;
    void supply(Request& request, const FramesNeeded& needed);
    void write_pixels(const Request& request, size_t index, const NeededFrame& frame, void* planes);
    void send_in_stream(Request& request, uint32_t needed_index, const uint8_t* bytes, size_t size);
    RenderOutput receive(Request& request, uint32_t index, const OutputFrame& output);
    const float* receive_in_stream(Request& request, uint32_t output_index, const FrameFormat& format);
    void drop_dead_segments();
    uint8_t* slot_pixels(const SlotPlace& slot, const FrameFormat& format);

    std::unique_ptr<GrpcConnection> connection_;
    std::string address_;
    std::string client_id_;
    uint64_t last_request_id_ = 0;
    std::map<std::string, platform::SharedSegment> segments_;
    Waiting::Clock::time_point segments_checked_ = Waiting::Clock::now();
    PixelBuffer upload_;
    PixelBuffer proxy_;
    std::deque<PixelBuffer> results_;  // one for each output of a request
    std::deque<PixelChunk> placed_;    // chunks that went straight to a result and wait to be counted
};

}  // namespace reelmend::transport
