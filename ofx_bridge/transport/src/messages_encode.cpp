#include <pb_encode.h>

#include <algorithm>

#include "engine.pb.h"
#include "messages.h"

namespace reelmend::transport {

namespace {

// nanopb asks for strings and repeated fields through callbacks: each `arg` is the C++ value to write.

bool write_text(pb_ostream_t* stream, const pb_field_t* field, void* const* arg) {
    const auto& text = *static_cast<const std::string*>(*arg);
    return pb_encode_tag_for_field(stream, field) &&
           pb_encode_string(stream, reinterpret_cast<const pb_byte_t*>(text.data()), text.size());
}

bool write_digest(pb_ostream_t* stream, const pb_field_t* field, void* const* arg) {
    const auto& digest = *static_cast<const Digest*>(*arg);
    return pb_encode_tag_for_field(stream, field) && pb_encode_string(stream, digest.data(), digest.size());
}

using Writer = bool (*)(pb_ostream_t*, const pb_field_t*, void* const*);

pb_callback_t writer(Writer write, const void* value) {
    pb_callback_t callback{};
    callback.funcs.encode = write;
    callback.arg = const_cast<void*>(value);
    return callback;
}

// proto3 leaves empty text out.
pb_callback_t text_writer(const std::string& text) {
    return text.empty() ? pb_callback_t{} : writer(write_text, &text);
}

reelmend_rpc_v1_FrameFormat wire_format(const FrameFormat& format) {
    return {format.width, format.height, format.channels,
            static_cast<reelmend_rpc_v1_SampleType>(static_cast<uint32_t>(format.sample_type))};
}

struct ValueWriter {
    reelmend_rpc_v1_Parameter& wire;

    void operator()(double value) const {
        wire.which_value = reelmend_rpc_v1_Parameter_number_tag;
        wire.value.number = value;
    }
    void operator()(int64_t value) const {
        wire.which_value = reelmend_rpc_v1_Parameter_integer_tag;
        wire.value.integer = value;
    }
    void operator()(bool value) const {
        wire.which_value = reelmend_rpc_v1_Parameter_flag_tag;
        wire.value.flag = value;
    }
    void operator()(const std::string& value) const {
        wire.which_value = reelmend_rpc_v1_Parameter_text_tag;
        wire.value.text = writer(write_text, &value);
    }
};

bool write_parameters(pb_ostream_t* stream, const pb_field_t* field, void* const* arg) {
    for (const Parameter& parameter : *static_cast<const std::vector<Parameter>*>(*arg)) {
        reelmend_rpc_v1_Parameter wire = reelmend_rpc_v1_Parameter_init_zero;
        wire.name = text_writer(parameter.name);
        std::visit(ValueWriter{wire}, parameter.value);
        if (!pb_encode_tag_for_field(stream, field) ||
            !pb_encode_submessage(stream, reelmend_rpc_v1_Parameter_fields, &wire)) {
            return false;
        }
    }
    return true;
}

bool write_window(pb_ostream_t* stream, const pb_field_t* field, void* const* arg) {
    for (const WindowFrame& frame : *static_cast<const std::vector<WindowFrame>*>(*arg)) {
        reelmend_rpc_v1_WindowFrame wire = reelmend_rpc_v1_WindowFrame_init_zero;
        wire.frame = frame.frame;
        wire.digest = writer(write_digest, &frame.digest);
        wire.has_format = true;
        wire.format = wire_format(frame.format);
        if (!pb_encode_tag_for_field(stream, field) ||
            !pb_encode_submessage(stream, reelmend_rpc_v1_WindowFrame_fields, &wire)) {
            return false;
        }
    }
    return true;
}

bool write_clip(pb_ostream_t* stream, const pb_field_t* field, const std::string& name, int64_t first_frame,
                int64_t last_frame, const std::vector<WindowFrame>& frames) {
    reelmend_rpc_v1_ClipWindow wire = reelmend_rpc_v1_ClipWindow_init_zero;
    wire.clip = text_writer(name);
    wire.first_frame = first_frame;
    wire.last_frame = last_frame;
    wire.frames = writer(write_window, &frames);
    return pb_encode_tag_for_field(stream, field) &&
           pb_encode_submessage(stream, reelmend_rpc_v1_ClipWindow_fields, &wire);
}

bool write_clips(pb_ostream_t* stream, const pb_field_t* field, void* const* arg) {
    const auto& job = *static_cast<const RenderJob*>(*arg);
    if (!write_clip(stream, field, kSource, job.first_frame, job.last_frame, job.window)) return false;
    return std::all_of(job.auxiliary.begin(), job.auxiliary.end(), [&](const AuxiliaryClip& clip) {
        return write_clip(stream, field, clip.name, clip.first_frame, clip.last_frame, clip.frames);
    });
}

bool write_outputs(pb_ostream_t* stream, const pb_field_t* field, void* const* arg) {
    const auto& job = *static_cast<const RenderJob*>(*arg);
    return std::all_of(job.outputs.begin(), job.outputs.end(), [&](const std::string& output) {
        reelmend_rpc_v1_OutputRequest wire = reelmend_rpc_v1_OutputRequest_init_zero;
        wire.output = text_writer(output);
        wire.time_frames = static_cast<double>(job.frame);
        return pb_encode_tag_for_field(stream, field) &&
               pb_encode_submessage(stream, reelmend_rpc_v1_OutputRequest_fields, &wire);
    });
}

Bytes encoded(const reelmend_rpc_v1_RenderRequest& request) {
    size_t size = 0;
    if (!pb_get_encoded_size(&size, reelmend_rpc_v1_RenderRequest_fields, &request)) {
        throw EngineError(Code::internal, "a request can't be encoded");
    }
    Bytes bytes(size);
    pb_ostream_t stream = pb_ostream_from_buffer(bytes.data(), bytes.size());
    if (!pb_encode(&stream, reelmend_rpc_v1_RenderRequest_fields, &request)) {
        throw EngineError(Code::internal, std::string("a request can't be encoded: ") + PB_GET_ERROR(&stream));
    }
    return bytes;
}

void put_varint(Bytes& bytes, uint64_t value) {
    for (; value >= 0x80; value >>= 7) bytes.push_back(static_cast<uint8_t>(value | 0x80u));
    bytes.push_back(static_cast<uint8_t>(value));
}

void put_field(Bytes& bytes, uint32_t tag, uint64_t value) {
    put_varint(bytes, uint64_t{tag} << 3);
    put_varint(bytes, value);
}

// Begins a length-delimited field; its bytes follow.
void put_length(Bytes& bytes, uint32_t tag, uint64_t size) {
    constexpr uint64_t kLengthDelimited = 2;
    put_varint(bytes, uint64_t{tag} << 3 | kLengthDelimited);
    put_varint(bytes, size);
}

}  // namespace

Bytes encode_start(const RenderJob& job, const StartDetails& details) {
    reelmend_rpc_v1_RenderRequest request = reelmend_rpc_v1_RenderRequest_init_zero;
    request.which_message = reelmend_rpc_v1_RenderRequest_start_tag;
    reelmend_rpc_v1_RenderStart& start = request.message.start;
    start.request_id = details.request_id;
    start.effect = text_writer(job.effect);
    start.model = text_writer(job.model);
    start.parameters = writer(write_parameters, &job.parameters);
    start.clips = writer(write_clips, &job);
    start.outputs = writer(write_outputs, &job);
    start.route = details.shared_memory ? reelmend_rpc_v1_PixelRoute_PIXEL_ROUTE_SHARED_MEMORY
                                        : reelmend_rpc_v1_PixelRoute_PIXEL_ROUTE_IN_STREAM;
    start.deadline_ms = static_cast<uint32_t>(std::clamp<int64_t>(details.deadline.count(), 1, UINT32_MAX));
    start.client_id = text_writer(details.client_id);
    return encoded(request);
}

Bytes encode_pixels_in_slot(uint64_t request_id, uint32_t needed_index) {
    reelmend_rpc_v1_RenderRequest request = reelmend_rpc_v1_RenderRequest_init_zero;
    request.which_message = reelmend_rpc_v1_RenderRequest_pixels_in_slot_tag;
    request.message.pixels_in_slot = {request_id, needed_index};
    return encoded(request);
}

// By hand: nanopb would copy the pixels.
Outgoing encode_chunk(uint64_t request_id, uint32_t index, uint64_t offset_bytes, const uint8_t* data, size_t size) {
    Bytes fields;
    put_field(fields, reelmend_rpc_v1_PixelChunk_request_id_tag, request_id);
    put_field(fields, reelmend_rpc_v1_PixelChunk_index_tag, index);
    put_field(fields, reelmend_rpc_v1_PixelChunk_offset_bytes_tag, offset_bytes);
    put_length(fields, reelmend_rpc_v1_PixelChunk_data_tag, size);
    Outgoing message;
    put_length(message.head, reelmend_rpc_v1_RenderRequest_chunk_tag, fields.size() + size);
    message.head.insert(message.head.end(), fields.begin(), fields.end());
    message.body = data;
    message.body_size = size;
    return message;
}

}  // namespace reelmend::transport
