// The engine as the shim sees it: connect, render, give up. Knows no OpenFX.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

#include "reelmend/transport/frame.h"

namespace reelmend::transport {

// gRPC status codes, as numbered on the wire.
enum class Code {
    ok = 0,
    cancelled = 1,
    unknown = 2,
    invalid_argument = 3,
    deadline_exceeded = 4,
    not_found = 5,
    resource_exhausted = 8,
    failed_precondition = 9,
    internal = 13,
    unavailable = 14,
    data_loss = 15
};

// Why a call failed, in words for the artist: what, where (the address) and what to do.
class EngineError : public std::runtime_error {
  public:
    EngineError(Code code, const std::string& message) : std::runtime_error(message), code_(code) {}
    Code code() const { return code_; }

  private:
    Code code_;
};

enum class PixelRoute { automatic, shared_memory, in_stream };

using Value = std::variant<double, int64_t, bool, std::string>;

struct Parameter {
    std::string name;
    Value value;
};

struct WindowFrame {
    int64_t frame = 0;
    Digest digest{};
    FrameFormat format;
};

// An auxiliary clip of the source's size: "Mask" or "Matte", of one plane, or "Reference", of as many as the source.
// Its first and its last frame belong to all frames of the source before and after them.
struct AuxiliaryClip {
    std::string name;
    int64_t first_frame = 0;  // inclusive
    int64_t last_frame = 0;
    std::vector<WindowFrame> frames;
};

struct RenderJob {
    std::string effect;
    std::string model;  // empty: the effect's default
    std::vector<Parameter> parameters;
    int64_t frame = 0;
    int64_t first_frame = 0;  // of the whole clip, inclusive
    int64_t last_frame = 0;
    std::vector<WindowFrame> window;  // "Source", ascending
    std::vector<AuxiliaryClip> auxiliary;
    std::vector<std::string> outputs{"result"};  // made in one run; each once
    PixelRoute route = PixelRoute::automatic;
    std::chrono::milliseconds timeout{60000};

    // All frames that the job announces: those of the window, then those of each auxiliary clip.
    size_t frame_count() const;
    const WindowFrame& frame_at(size_t index) const;
};

enum class Form { full, proxy };

struct RenderOutput {
    size_t index = 0;  // into job.outputs
    FrameFormat format;
    bool identical_to_source = false;
    const float* planes = nullptr;  // planar; valid only inside the callback; null when identical_to_source
};

// In milliseconds, as the engine measured them; `queue_ms` waited for this client's turn.
struct RenderTimings {
    double queue_ms = 0, receive_ms = 0, describe_ms = 0, infer_ms = 0, send_ms = 0, total_ms = 0;
};

// A source frame's pixels were not the announced ones when they were sent. Announce it anew.
class FrameChangedInFlight : public EngineError {
  public:
    explicit FrameChangedInFlight(int64_t frame)
        : EngineError(Code::failed_precondition,
                      "source frame " + std::to_string(frame) + " changed while it was sent; render again") {}
};

struct RenderCallbacks {
    // Writes the pixels of job.frame_at(index) in this form to `planes`: planar, room for the form's format in this
    // sample type. Proxies are always asked for as float32. Returns the digest of a full frame where it is known
    // (pack() returns it): when it is not the announced one, render() throws FrameChangedInFlight. May throw.
    std::function<std::optional<Digest>(size_t index, Form form, SampleType type, void* planes)> supply;
    // May be empty. Called once all pixels are sent and before the result is awaited: time to prepare the next frame,
    // as the engine works. Not called where the result had come already. May throw.
    std::function<void()> while_waiting;
    // Takes the outputs, one after the other in the order of job.outputs, once all of them have come. May throw.
    std::function<void(const RenderOutput&)> receive;
    // Asked at least every 20 ms while waiting; true resets the call (EngineError cancelled).
    std::function<bool()> aborted;
};

// How to bring up an engine when none answers.
struct EngineStart {
    std::vector<std::string>
        command;  // argv, such as {"/opt/…/python", "-m", "reelmend", "serve"}; empty: never start one
    std::chrono::milliseconds patience{30000};
};

struct ServerInfo {
    std::string engine_version;
    uint32_t api_version = 0;
    uint32_t process_id = 0;
    std::string address;
    std::string provider;
    std::string provider_reason;  // why this provider and no other
    uint32_t threads = 0;         // that a graph runs on
    uint32_t requests_waiting = 0;
    uint64_t bytes_received = 0;  // pixels from clients since the start, by any route
    uint64_t bytes_sent = 0;
};

// A model that the engine has.
struct ModelInfo {
    std::string id;
    std::string effect;
    std::string version;
    uint32_t radius_frames = 0;           // of its window, unless a parameter "radius" says otherwise
    std::vector<std::string> parameters;  // their names
    std::vector<std::string> input_clips;
};

constexpr uint32_t kApiVersion = 1;

// Where engines of this user listen unless told otherwise:
// "unix:" + ($REELMEND_RUNTIME_DIR | $XDG_RUNTIME_DIR/reelmend | /tmp/reelmend-<uid>) + "/engine.sock".
std::string default_address();

// One engine address with its pool of streams. Thread-safe: each render call takes a stream of its own, and gives it
// back for reuse, slots and all. Has no threads. Connects at the first call, starts the engine when nobody answers and
// `start.command` is set (one engine, however many threads or processes ask at once), and reconnects after a loss.
class EngineClient {
  public:
    EngineClient(std::string address, EngineStart start);  // an empty address means default_address()
    ~EngineClient();
    EngineClient(const EngineClient&) = delete;
    EngineClient& operator=(const EngineClient&) = delete;

    // Throws EngineError, or what a callback threw. An engine lost before the result arrived is tried once more.
    RenderTimings render(const RenderJob& job, const RenderCallbacks& callbacks);

    ServerInfo server_info(std::chrono::milliseconds timeout, const std::function<bool()>& aborted = {});
    std::vector<ModelInfo> models(std::chrono::milliseconds timeout, const std::function<bool()>& aborted = {});

    const std::string& address() const;

  private:
    class Pool;
    std::unique_ptr<Pool> pool_;
};

}  // namespace reelmend::transport
