#include "pixels.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "ofx/ofxImageEffect.h"
#include "samples.h"
#include "status.h"

namespace ofxhost {

namespace {

constexpr std::byte kGuard{0xA5};
// A run of this many bytes equal to the mark by chance is not to be expected: the mark differs from byte to byte.
constexpr size_t kTellingRunBytes = 12;

struct DepthEntry {
    Depth depth;
    const char* name;
    size_t bytes;
};
constexpr DepthEntry kDepths[] = {
    {Depth::None, kOfxBitDepthNone, 0}, {Depth::Byte, kOfxBitDepthByte, 1},   {Depth::Short, kOfxBitDepthShort, 2},
    {Depth::Half, kOfxBitDepthHalf, 2}, {Depth::Float, kOfxBitDepthFloat, 4},
};

// The mark of an integer sample's byte: a different one at each place.
std::byte markAt(size_t offset) {
    const uint64_t mixed = (offset + 1) * 0x9E3779B97F4A7C15ULL;
    return static_cast<std::byte>(mixed >> 56);
}

bool marksByPlace(Depth depth) {
    return depth == Depth::Byte || depth == Depth::Short;
}

void markRow(std::byte* row, size_t length, Depth depth, size_t offset) {
    if (depth == Depth::Float) {
        for (size_t i = 0; i < length; i += 4) std::memcpy(row + i, &kFloatPoison, 4);
    } else if (depth == Depth::Half) {
        for (size_t i = 0; i < length; i += 2) std::memcpy(row + i, &kHalfPoison, 2);
    } else {
        for (size_t i = 0; i < length; ++i) row[i] = markAt(offset + i);
    }
}

// Marked samples of a piece of a row that starts `offset` bytes into the marked area.
size_t markedSamples(const std::byte* row, size_t length, Depth depth, size_t offset) {
    const size_t sample = bytesOf(depth);
    size_t count = 0;
    if (!marksByPlace(depth)) {
        for (size_t i = 0; i < length; i += sample) {
            count +=
                std::memcmp(row + i, depth == Depth::Float ? static_cast<const void*>(&kFloatPoison) : &kHalfPoison,
                            sample) == 0;
        }
        return count;
    }
    size_t run = 0;
    for (size_t i = 0; i <= length; ++i) {
        if (i < length && row[i] == markAt(offset + i)) {
            ++run;
            continue;
        }
        if (run >= kTellingRunBytes) count += run / sample;
        run = 0;
    }
    return count;
}

}  // namespace

const char* depthName(Depth depth) {
    return kDepths[static_cast<size_t>(depth)].name;
}

Depth depthOf(const std::string& name) {
    for (const auto& entry : kDepths) {
        if (name == entry.name) return entry.depth;
    }
    throw StatusError(kOfxStatErrFormat, "no such pixel depth: " + name);
}

size_t bytesOf(Depth depth) {
    return kDepths[static_cast<size_t>(depth)].bytes;
}

const char* fieldName(Field field) {
    static const char* const names[] = {kOfxImageFieldNone, kOfxImageFieldBoth, kOfxImageFieldLower,
                                        kOfxImageFieldUpper};
    return names[static_cast<size_t>(field)];
}

Field fieldOf(const std::string& name) {
    for (const Field field : {Field::None, Field::Both, Field::Lower, Field::Upper}) {
        if (name == fieldName(field)) return field;
    }
    throw StatusError(kOfxStatErrValue, "no such field: " + name);
}

const char* componentsOf(int channels) {
    switch (channels) {
        case 1:
            return kOfxImageComponentAlpha;
        case 3:
            return kOfxImageComponentRGB;
        case 4:
            return kOfxImageComponentRGBA;
        default:
            return kOfxImageComponentNone;
    }
}

int channelsOf(const std::string& components) {
    if (components == kOfxImageComponentRGBA) return 4;
    if (components == kOfxImageComponentRGB) return 3;
    if (components == kOfxImageComponentAlpha) return 1;
    throw StatusError(kOfxStatErrImageFormat, "components not supported by this host: " + components);
}

void RowConversion::operator()(std::byte* target, const std::byte* source, int width) const {
    if (copiesBits()) {
        std::memcpy(target, source, static_cast<size_t>(width) * from.bytes());
        return;
    }
    const size_t from_sample = bytesOf(from.depth);
    const size_t to_sample = bytesOf(to.depth);
    const bool linearise = decode_srgb && (from.depth == Depth::Byte || from.depth == Depth::Short);
    std::array<int, 4> taken{};  // the source channel of each target channel; -1: alpha 1
    for (int c = 0; c < to.channels; ++c) {
        const bool alpha = c == 3 || to.channels == 1;
        if (alpha) {
            taken[c] = from.channels == 3 ? -1 : from.channels - 1;
        } else {
            const int wanted = swap_red_blue && c != 1 ? 2 - c : c;
            taken[c] = from.channels == 1 ? -1 : wanted;
        }
    }
    for (int x = 0; x < width; ++x, source += from.bytes()) {
        for (int c = 0; c < to.channels; ++c, target += to_sample) {
            const bool alpha = c == 3 || to.channels == 1;
            if (taken[c] < 0) {
                writeSample(to.depth, target, 1.0F);
            } else if (const std::byte* sample = source + taken[c] * from_sample; from.depth == to.depth) {
                std::memcpy(target, sample, to_sample);
            } else {
                const float value = readSample(from.depth, sample);
                writeSample(to.depth, target, linearise && !alpha ? linearFromSrgb(value) : value);
            }
        }
    }
}

PixelBuffer::PixelBuffer(OfxRectI area, PixelFormat pixel_format, const Layout& layout)
    : bounds(area), region(area), format(pixel_format), layout_(layout) {
    const size_t step = rowLength() + static_cast<size_t>(layout.padding_bytes);
    const auto guard = static_cast<size_t>(layout.guard_bytes);
    own_bytes_ = step * static_cast<size_t>(height()) + 2 * guard;
    storage_.reset(new std::byte[std::max<size_t>(own_bytes_, 1)]);
    row_bytes = static_cast<std::ptrdiff_t>(step);
    origin = storage_.get() + guard;
    if (layout.top_down) {
        origin += step * static_cast<size_t>(height() - 1);
        row_bytes = -row_bytes;
    }
    if (guard != 0) markGuards();
}

PixelBuffer::PixelBuffer(OfxRectI area, const PictureView& borrowed)
    : bounds(area),
      region(area),
      format(borrowed.format),
      row_bytes(-borrowed.row_step),
      origin(borrowed.row(borrowed.height - 1)),
      owner_(borrowed.owner) {}

PictureView PixelBuffer::view(const OfxRectI& area) const {
    return {area.x2 - area.x1, area.y2 - area.y1, format, at(area.x1, area.y2 - 1), -row_bytes, nullptr};
}

void PixelBuffer::clear() {
    for (int y = bounds.y1; y < bounds.y2; ++y) std::memset(row(y), 0, rowLength());
}

void PixelBuffer::poison() {
    for (int y = bounds.y1; y < bounds.y2; ++y) {
        markRow(row(y), rowLength(), format.depth, static_cast<size_t>(y - bounds.y1) * rowLength());
    }
}

size_t PixelBuffer::poisonedSamples(const OfxRectI& area) const {
    size_t count = 0;
    const size_t start = static_cast<size_t>(area.x1 - bounds.x1) * format.bytes();
    const size_t length = static_cast<size_t>(area.x2 - area.x1) * format.bytes();
    for (int y = area.y1; y < area.y2; ++y) {
        const size_t offset = static_cast<size_t>(y - bounds.y1) * rowLength() + start;
        count += markedSamples(row(y) + start, length, format.depth, offset);
    }
    return count;
}

size_t PixelBuffer::rowsTouchedOutside(const OfxRectI& window) const {
    std::vector<std::byte> marked(rowLength());
    size_t touched = 0;
    for (int y = bounds.y1; y < bounds.y2; ++y) {
        markRow(marked.data(), rowLength(), format.depth, static_cast<size_t>(y - bounds.y1) * rowLength());
        const bool inside = y >= window.y1 && y < window.y2;
        const size_t left = inside ? static_cast<size_t>(window.x1 - bounds.x1) * format.bytes() : rowLength();
        const size_t right = inside ? static_cast<size_t>(window.x2 - bounds.x1) * format.bytes() : rowLength();
        const bool intact = std::memcmp(row(y), marked.data(), left) == 0 &&
                            std::memcmp(row(y) + right, marked.data() + right, rowLength() - right) == 0;
        touched += intact ? 0 : 1;
    }
    return touched;
}

void PixelBuffer::markGuards() {
    std::fill_n(storage_.get(), own_bytes_, kGuard);
}

bool PixelBuffer::guardsIntact() const {
    if (!storage_ || layout_.guard_bytes == 0) return true;
    const auto marked = [](const std::byte* from, size_t count) {
        return std::all_of(from, from + count, [](std::byte value) { return value == kGuard; });
    };
    const auto guard = static_cast<size_t>(layout_.guard_bytes);
    if (!marked(storage_.get(), guard) || !marked(storage_.get() + own_bytes_ - guard, guard)) return false;
    for (int y = bounds.y1; y < bounds.y2; ++y) {
        if (!marked(row(y) + rowLength(), static_cast<size_t>(layout_.padding_bytes))) return false;
    }
    return true;
}

uint64_t PixelBuffer::checksum() const {
    uint64_t sum = 0xcbf29ce484222325ULL;
    for (int y = bounds.y1; y < bounds.y2; ++y) {
        const std::byte* bytes = row(y);
        size_t i = 0;
        for (; i + 8 <= rowLength(); i += 8) {
            uint64_t word;
            std::memcpy(&word, bytes + i, sizeof word);
            sum = (sum ^ word) * 0x100000001b3ULL;
            sum ^= sum >> 29;
        }
        for (; i < rowLength(); ++i) sum = (sum ^ static_cast<uint64_t>(bytes[i])) * 0x100000001b3ULL;
    }
    return sum;
}

}  // namespace ofxhost
