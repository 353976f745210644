// Reads field by field: of what the answer holds only a little is wanted here.
#include "model_list.h"

#include <pb_decode.h>

#include "failures.h"

namespace reelmend::transport {

namespace {

// Field numbers of the contract.
enum : uint32_t { kModels = 1 };
enum : uint32_t { kId = 1, kEffect = 2, kVersion = 4, kTemporal = 6, kParameters = 8, kInputClips = 9 };
enum : uint32_t { kRadiusFrames = 2 };
enum : uint32_t { kParameterName = 1 };

[[noreturn]] void broken() {
    throw ProtocolBroken("its list of models can't be read");
}

// Hands each field to `take(tag, type)`, which reads it and says so; others are skipped.
template <typename Take>
void each_field(pb_istream_t& stream, Take take) {
    pb_wire_type_t type{};
    uint32_t tag = 0;
    bool at_end = false;
    while (pb_decode_tag(&stream, &type, &tag, &at_end))
        if (!take(tag, type) && !pb_skip_field(&stream, type)) broken();
    if (!at_end) broken();
}

// Opens a field that has a length, hands it to `read`, and leaves it.
template <typename Read>
bool within(pb_istream_t& stream, pb_wire_type_t type, Read read) {
    if (type != PB_WT_STRING) return false;
    pb_istream_t part{};
    if (!pb_make_string_substream(&stream, &part)) broken();
    read(part);
    if (!pb_close_string_substream(&stream, &part)) broken();
    return true;
}

bool read_text(pb_istream_t& stream, pb_wire_type_t type, std::string& text) {
    return within(stream, type, [&](pb_istream_t& part) {
        text.resize(part.bytes_left);
        if (!pb_read(&part, reinterpret_cast<pb_byte_t*>(text.data()), text.size())) broken();
    });
}

bool read_number(pb_istream_t& stream, pb_wire_type_t type, uint32_t& number) {
    if (type != PB_WT_VARINT) return false;
    if (!pb_decode_varint32(&stream, &number)) broken();
    return true;
}

void read_model(pb_istream_t& stream, ModelInfo& model) {
    each_field(stream, [&](uint32_t tag, pb_wire_type_t type) {
        if (tag == kId) return read_text(stream, type, model.id);
        if (tag == kEffect) return read_text(stream, type, model.effect);
        if (tag == kVersion) return read_text(stream, type, model.version);
        if (tag == kInputClips) return read_text(stream, type, model.input_clips.emplace_back());
        if (tag == kTemporal)
            return within(stream, type, [&](pb_istream_t& temporal) {
                each_field(temporal, [&](uint32_t inner, pb_wire_type_t kind) {
                    return inner == kRadiusFrames && read_number(temporal, kind, model.radius_frames);
                });
            });
        if (tag != kParameters) return false;
        return within(stream, type, [&](pb_istream_t& parameter) {
            std::string& name = model.parameters.emplace_back();
            each_field(parameter, [&](uint32_t inner, pb_wire_type_t kind) {
                return inner == kParameterName && read_text(parameter, kind, name);
            });
        });
    });
}

}  // namespace

std::vector<ModelInfo> decode_models(const Bytes& message) {
    pb_istream_t stream = pb_istream_from_buffer(message.data(), message.size());
    std::vector<ModelInfo> models;
    each_field(stream, [&](uint32_t tag, pb_wire_type_t type) {
        return tag == kModels &&
               within(stream, type, [&](pb_istream_t& part) { read_model(part, models.emplace_back()); });
    });
    return models;
}

}  // namespace reelmend::transport
