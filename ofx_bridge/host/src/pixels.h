// Sample formats and the memory of pictures: what lies behind an image handle.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "ofx/ofxCore.h"

namespace ofxhost {

enum class Depth { None, Byte, Short, Half, Float };
enum class Field { None, Both, Lower, Upper };

const char* depthName(Depth depth);             // kOfxBitDepth…
Depth depthOf(const std::string& name);         // throws kOfxStatErrFormat
size_t bytesOf(Depth depth);                    // of one sample
const char* fieldName(Field field);             // kOfxImageField…
Field fieldOf(const std::string& name);         // throws kOfxStatErrValue
const char* componentsOf(int channels);         // kOfxImageComponent…
int channelsOf(const std::string& components);  // throws kOfxStatErrImageFormat

struct PixelFormat {
    int channels = 4;
    Depth depth = Depth::Float;
    size_t bytes() const { return static_cast<size_t>(channels) * bytesOf(depth); }
    bool operator==(const PixelFormat& other) const { return channels == other.channels && depth == other.depth; }
    bool operator!=(const PixelFormat& other) const { return !(*this == other); }
};

// How one row becomes another. Samples of the same depth keep their bits; integers are 0…max for 0.0…1.0, rounded to
// nearest and clamped; a missing alpha is 1, an unwanted one is dropped.
struct RowConversion {
    PixelFormat from;
    PixelFormat to;
    bool swap_red_blue = false;
    bool decode_srgb = false;  // integer samples become linear light
    bool copiesBits() const { return from == to && !swap_red_blue; }
    void operator()(std::byte* target, const std::byte* source, int width) const;
};

// How this host lays rows out in memory. OpenFX lets rows run either way and be padded.
struct Layout {
    bool top_down = false;  // true: the top row comes first in memory, so rowBytes is negative
    int padding_bytes = 0;  // after each row; a multiple of 4
    int guard_bytes = 0;    // before the first and after the last row: marked, and looked at when the image comes back
};

// Rows of pixels in somebody's memory, top row first; `row_step` leads one row down and may be negative.
struct PictureView {
    int width = 0;
    int height = 0;
    PixelFormat format;
    std::byte* top_row = nullptr;
    std::ptrdiff_t row_step = 0;
    std::shared_ptr<void> owner;
    std::byte* row(int from_top) const { return top_row + from_top * row_step; }
};

// Pixels over `bounds`, with no value until they are filled; row y starts at origin + (y - bounds.y1) * row_bytes.
class PixelBuffer {
  public:
    PixelBuffer(OfxRectI area, PixelFormat pixel_format, const Layout& layout);
    // Over memory that belongs to the embedding program: nothing is copied.
    PixelBuffer(OfxRectI area, const PictureView& borrowed);

    int width() const { return bounds.x2 - bounds.x1; }
    int height() const { return bounds.y2 - bounds.y1; }
    // Bytes that this object holds itself; 0 over borrowed memory.
    size_t bytes() const { return own_bytes_; }
    std::byte* row(int y) const { return origin + (y - bounds.y1) * row_bytes; }
    std::byte* at(int x, int y) const { return row(y) + static_cast<size_t>(x - bounds.x1) * format.bytes(); }
    PictureView view(const OfxRectI& area) const;

    void clear();
    // Marks every sample, so that what a render leaves unwritten can be told from what it wrote.
    void poison();
    // Samples inside `area` that still hold the mark. Integers can hold any value, so there only whole marked runs
    // count.
    size_t poisonedSamples(const OfxRectI& area) const;
    // Rows outside `window` whose mark is gone.
    size_t rowsTouchedOutside(const OfxRectI& window) const;
    // False when something was written before, after or between the rows. Always true over borrowed memory.
    bool guardsIntact() const;
    // A number that changes when a sample does.
    uint64_t checksum() const;

    OfxRectI bounds;
    OfxRectI region;  // of definition: the whole picture, of which this may be a part
    PixelFormat format;
    std::ptrdiff_t row_bytes = 0;
    std::byte* origin = nullptr;
    std::string identifier;
    Field field = Field::None;

  private:
    size_t rowLength() const { return static_cast<size_t>(width()) * format.bytes(); }
    void markGuards();

    std::unique_ptr<std::byte[]> storage_;
    std::shared_ptr<void> owner_;
    size_t own_bytes_ = 0;
    Layout layout_;
};

}  // namespace ofxhost
