// The messages of the contract as plain C++ values, and their protobuf bytes.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "grpc_connection.h"
#include "reelmend/transport/engine_client.h"

namespace reelmend::transport {

// The clip of RenderJob::window.
inline const std::string kSource = "Source";

struct SlotPlace {
    std::string segment;
    uint64_t offset_bytes = 0;
    uint64_t size_bytes = 0;
};

struct NeededFrame {
    std::string clip;
    int64_t frame = 0;
    Form form = Form::full;
    FrameFormat format;
    std::optional<SlotPlace> slot;
};

struct FramesNeeded {
    uint64_t request_id = 0;
    std::vector<NeededFrame> frames;
};

struct OutputFrame {
    uint64_t request_id = 0;
    uint32_t output_index = 0;
    std::string output;
    std::optional<FrameFormat> format;
    std::optional<SlotPlace> slot;
    bool identical_to_source = false;
};

struct PixelChunk {
    uint64_t request_id = 0;
    uint32_t index = 0;
    uint64_t offset_bytes = 0;
    const uint8_t* data = nullptr;  // inside the message that was decoded
    size_t size = 0;
};

struct RenderDone {
    uint64_t request_id = 0;
    RenderTimings timings;
};

using Response = std::variant<FramesNeeded, OutputFrame, PixelChunk, RenderDone>;

// Throw ProtocolBroken. A FramesNeeded of more than `most_frames` frames is refused.
Response decode_response(const Bytes& message, size_t most_frames);
// The fields of a response of `message_bytes` bytes, of which the first `size` have come, when it is a chunk whose data
// are its end; they begin at `head_bytes`, and chunk.data stays null. Nothing for any other message: those are decoded
// when they are whole.
struct ChunkHead {
    PixelChunk chunk;
    size_t head_bytes;
};
std::optional<ChunkHead> decode_chunk_head(const uint8_t* first_bytes, size_t size, size_t message_bytes);
ServerInfo decode_server_info(const Bytes& message);

// What RenderStart says beside the job.
struct StartDetails {
    uint64_t request_id = 0;
    bool shared_memory = false;
    std::chrono::milliseconds deadline{0};
    std::string client_id;
};

Bytes encode_start(const RenderJob& job, const StartDetails& details);
Bytes encode_pixels_in_slot(uint64_t request_id, uint32_t needed_index);
// A chunk that refers to `data`, which must live until it is sent.
Outgoing encode_chunk(uint64_t request_id, uint32_t index, uint64_t offset_bytes, const uint8_t* data, size_t size);

}  // namespace reelmend::transport
