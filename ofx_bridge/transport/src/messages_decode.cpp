#include <pb_decode.h>

#include <algorithm>
#include <cstring>
#include <type_traits>

#include "engine.pb.h"
#include "failures.h"
#include "messages.h"

namespace reelmend::transport {

namespace {

// Protobuf bytes that stay where they are: `position` moves, nothing is copied until a field asks for it.
struct Cursor {
    const uint8_t* position;
};

bool read_bytes(pb_istream_t* stream, pb_byte_t* buffer, size_t size) {
    auto& cursor = *static_cast<Cursor*>(stream->state);
    if (buffer != nullptr) std::copy(cursor.position, cursor.position + size, buffer);
    cursor.position += size;
    return true;
}

pb_istream_t input(Cursor& cursor, size_t size) {
    pb_istream_t stream{};
    stream.callback = read_bytes;
    stream.state = &cursor;
    stream.bytes_left = size;
    return stream;
}

// Takes the field's bytes where they lie. False for a field that is no bytes at all: nanopb hands those over as a
// stream of its own.
template <typename Take>
bool take_bytes(pb_istream_t* stream, Take take) {
    if (stream->callback != read_bytes) return false;
    auto& cursor = *static_cast<Cursor*>(stream->state);
    take(cursor.position, stream->bytes_left);
    cursor.position += stream->bytes_left;
    stream->bytes_left = 0;
    return true;
}

using Reader = bool (*)(pb_istream_t*, const pb_field_t*, void**);

pb_callback_t reader(Reader read, void* into) {
    pb_callback_t callback{};
    callback.funcs.decode = read;
    callback.arg = into;
    return callback;
}

bool read_text(pb_istream_t* stream, const pb_field_t*, void** arg) {
    return take_bytes(stream, [&](const uint8_t* data, size_t size) {
        static_cast<std::string*>(*arg)->assign(reinterpret_cast<const char*>(data), size);
    });
}

bool read_data(pb_istream_t* stream, const pb_field_t*, void** arg) {
    return take_bytes(stream, [&](const uint8_t* data, size_t size) {
        auto& chunk = *static_cast<PixelChunk*>(*arg);
        chunk.data = data;
        chunk.size = size;
    });
}

[[noreturn]] void broken(const std::string& why) {
    throw ProtocolBroken("it sent " + why);
}

// The number of a C enum that the peer may have set to anything, which C++ may not read as an enum.
template <typename Enum>
uint32_t number_of(const Enum& value) {
    std::underlying_type_t<Enum> number;
    std::memcpy(&number, &value, sizeof number);
    return static_cast<uint32_t>(number);
}

std::optional<FrameFormat> format_of(const reelmend_rpc_v1_FrameFormat& wire) {
    const uint32_t type = number_of(wire.sample_type);
    if (type != reelmend_rpc_v1_SampleType_SAMPLE_TYPE_FLOAT32 &&
        type != reelmend_rpc_v1_SampleType_SAMPLE_TYPE_FLOAT16) {
        return std::nullopt;
    }
    return FrameFormat{wire.width, wire.height, wire.channels, static_cast<SampleType>(type)};
}

std::optional<SlotPlace> slot_of(bool has_slot, const reelmend_rpc_v1_Slot& wire, const std::string& segment) {
    if (!has_slot) return std::nullopt;
    return SlotPlace{segment, wire.offset_bytes, wire.size_bytes};
}

struct NeededFrames {
    std::vector<NeededFrame> frames;
    size_t most_frames;
    std::string refusal;  // exceptions can't cross nanopb
};

bool read_needed_frame(pb_istream_t* stream, const pb_field_t*, void** arg) {
    auto& needed = *static_cast<NeededFrames*>(*arg);
    NeededFrame frame;
    std::string segment;
    reelmend_rpc_v1_NeededFrame wire = reelmend_rpc_v1_NeededFrame_init_zero;
    wire.clip = reader(read_text, &frame.clip);
    wire.slot.segment = reader(read_text, &segment);
    if (!pb_decode_ex(stream, reelmend_rpc_v1_NeededFrame_fields, &wire, PB_DECODE_NOINIT)) return false;
    if (needed.frames.size() == needed.most_frames) {
        needed.refusal = "a list of more frames than the window has";
        return false;
    }
    const std::optional<FrameFormat> format = wire.has_format ? format_of(wire.format) : std::nullopt;
    if (!format) {
        needed.refusal = "a needed frame without a format of floats or halves";
        return false;
    }
    const uint32_t form = number_of(wire.form);
    if (form != reelmend_rpc_v1_FrameForm_FRAME_FORM_FULL && form != reelmend_rpc_v1_FrameForm_FRAME_FORM_PROXY) {
        needed.refusal = "a needed frame in an unknown form";
        return false;
    }
    frame.frame = wire.frame;
    frame.form = form == reelmend_rpc_v1_FrameForm_FRAME_FORM_FULL ? Form::full : Form::proxy;
    frame.format = *format;
    frame.slot = slot_of(wire.has_slot, wire.slot, segment);
    needed.frames.push_back(std::move(frame));
    return true;
}

void decode_into(pb_istream_t* stream, const pb_msgdesc_t* fields, void* wire, const std::string& name) {
    if (!pb_decode_ex(stream, fields, wire, PB_DECODE_NOINIT)) {
        broken("a broken " + name + " message (" + PB_GET_ERROR(stream) + ")");
    }
}

FramesNeeded decode_needed(pb_istream_t* stream, size_t most_frames) {
    NeededFrames needed{{}, most_frames, ""};
    reelmend_rpc_v1_FramesNeeded wire = reelmend_rpc_v1_FramesNeeded_init_zero;
    wire.frames = reader(read_needed_frame, &needed);
    const bool good = pb_decode_ex(stream, reelmend_rpc_v1_FramesNeeded_fields, &wire, PB_DECODE_NOINIT);
    if (!needed.refusal.empty()) broken(needed.refusal);
    if (!good) broken(std::string("a broken FramesNeeded message (") + PB_GET_ERROR(stream) + ")");
    return {wire.request_id, std::move(needed.frames)};
}

OutputFrame decode_output(pb_istream_t* stream) {
    OutputFrame output;
    std::string segment;
    reelmend_rpc_v1_OutputFrame wire = reelmend_rpc_v1_OutputFrame_init_zero;
    wire.output = reader(read_text, &output.output);
    wire.slot.segment = reader(read_text, &segment);
    decode_into(stream, reelmend_rpc_v1_OutputFrame_fields, &wire, "OutputFrame");
    output.request_id = wire.request_id;
    output.output_index = wire.output_index;
    if (wire.has_format) output.format = format_of(wire.format);
    if (wire.has_format && (!output.format || output.format->sample_type != SampleType::float32)) {
        broken("a result in samples of type " + std::to_string(number_of(wire.format.sample_type)) +
               ", which nobody asked for");
    }
    output.slot = slot_of(wire.has_slot, wire.slot, segment);
    output.identical_to_source = wire.identical_to_source;
    return output;
}

PixelChunk decode_chunk(pb_istream_t* stream) {
    PixelChunk chunk;
    reelmend_rpc_v1_PixelChunk wire = reelmend_rpc_v1_PixelChunk_init_zero;
    wire.data = reader(read_data, &chunk);
    decode_into(stream, reelmend_rpc_v1_PixelChunk_fields, &wire, "PixelChunk");
    chunk.request_id = wire.request_id;
    chunk.index = wire.index;
    chunk.offset_bytes = wire.offset_bytes;
    return chunk;
}

RenderDone decode_done(pb_istream_t* stream) {
    reelmend_rpc_v1_RenderDone wire = reelmend_rpc_v1_RenderDone_init_zero;
    decode_into(stream, reelmend_rpc_v1_RenderDone_fields, &wire, "RenderDone");
    const reelmend_rpc_v1_RenderTimings& t = wire.timings;
    return {wire.request_id, {t.queue_ms, t.receive_ms, t.describe_ms, t.infer_ms, t.send_ms, t.total_ms}};
}

Response decode_member(pb_istream_t* stream, uint32_t tag, size_t most_frames) {
    switch (tag) {
        case reelmend_rpc_v1_RenderResponse_needed_tag:
            return decode_needed(stream, most_frames);
        case reelmend_rpc_v1_RenderResponse_output_tag:
            return decode_output(stream);
        case reelmend_rpc_v1_RenderResponse_chunk_tag:
            return decode_chunk(stream);
        case reelmend_rpc_v1_RenderResponse_done_tag:
            return decode_done(stream);
        default:
            broken("an answer of a kind that this plug-in doesn't know");
    }
}

}  // namespace

// The envelope is read by hand, so that the member's callbacks are in place before nanopb meets its fields.
Response decode_response(const Bytes& message, size_t most_frames) {
    Cursor cursor{message.data()};
    pb_istream_t stream = input(cursor, message.size());
    pb_wire_type_t type = PB_WT_VARINT;
    uint32_t tag = 0;
    bool at_end = false;
    if (!pb_decode_tag(&stream, &type, &tag, &at_end) || type != PB_WT_STRING) broken("an answer without content");
    pb_istream_t member{};
    if (!pb_make_string_substream(&stream, &member)) broken("an answer that is cut short");
    if (stream.bytes_left != 0) broken("more than one answer in a message");
    return decode_member(&member, tag, most_frames);
}

namespace {

// Reads varints from bytes that may end too soon.
class Varints {
  public:
    Varints(const uint8_t* data, size_t size) : data_(data), size_(size) {}
    size_t position() const { return position_; }

    std::optional<uint64_t> next() {
        uint64_t value = 0;
        for (unsigned shift = 0; shift < 64 && position_ < size_; shift += 7) {
            const uint8_t byte = data_[position_++];
            value |= uint64_t{byte & 0x7fu} << shift;
            if (byte < 0x80) return value;
        }
        return std::nullopt;
    }

  private:
    const uint8_t* data_;
    size_t size_;
    size_t position_ = 0;
};

constexpr uint64_t key_of(uint32_t tag, pb_wire_type_t type) {
    return uint64_t{tag} << 3 | static_cast<uint64_t>(type);
}

}  // namespace

std::optional<ChunkHead> decode_chunk_head(const uint8_t* first_bytes, size_t size, size_t message_bytes) {
    Varints varints(first_bytes, size);
    if (varints.next() != key_of(reelmend_rpc_v1_RenderResponse_chunk_tag, PB_WT_STRING)) return std::nullopt;
    const std::optional<uint64_t> chunk_bytes = varints.next();
    if (!chunk_bytes || varints.position() + *chunk_bytes != message_bytes) return std::nullopt;
    ChunkHead head{};
    for (;;) {
        const std::optional<uint64_t> key = varints.next();
        const std::optional<uint64_t> value = varints.next();
        if (!key || !value) return std::nullopt;
        if (*key == key_of(reelmend_rpc_v1_PixelChunk_request_id_tag, PB_WT_VARINT)) {
            head.chunk.request_id = *value;
        } else if (*key == key_of(reelmend_rpc_v1_PixelChunk_index_tag, PB_WT_VARINT)) {
            head.chunk.index = static_cast<uint32_t>(*value);
        } else if (*key == key_of(reelmend_rpc_v1_PixelChunk_offset_bytes_tag, PB_WT_VARINT)) {
            head.chunk.offset_bytes = *value;
        } else if (*key == key_of(reelmend_rpc_v1_PixelChunk_data_tag, PB_WT_STRING)) {
            if (varints.position() > message_bytes || *value != message_bytes - varints.position()) return std::nullopt;
            head.chunk.size = static_cast<size_t>(*value);
            head.head_bytes = varints.position();
            return head;
        } else {
            return std::nullopt;
        }
    }
}

ServerInfo decode_server_info(const Bytes& message) {
    ServerInfo info;
    Cursor cursor{message.data()};
    pb_istream_t stream = input(cursor, message.size());
    reelmend_rpc_v1_GetServerInfoResponse wire = reelmend_rpc_v1_GetServerInfoResponse_init_zero;
    wire.engine_version = reader(read_text, &info.engine_version);
    wire.address = reader(read_text, &info.address);
    wire.provider = reader(read_text, &info.provider);
    wire.provider_reason = reader(read_text, &info.provider_reason);
    decode_into(&stream, reelmend_rpc_v1_GetServerInfoResponse_fields, &wire, "GetServerInfoResponse");
    info.api_version = wire.api_version;
    info.process_id = wire.process_id;
    info.threads = wire.threads;
    info.requests_waiting = wire.requests_waiting;
    info.bytes_received = wire.bytes_received;
    info.bytes_sent = wire.bytes_sent;
    return info;
}

}  // namespace reelmend::transport
