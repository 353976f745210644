// The pixels of host images: what they are, and the few copies that the node makes of them.
#pragma once

#include <ofxpp/image.h>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "reelmend/transport/engine_client.h"
#include "sequence_memory.h"

namespace reelmend::plugin {

// Which lines of a frame an image holds, as its host says.
enum class ImageField { unsaid, none, both, lower, upper };

// Pixels in host memory, interleaved, y up. Refers to an image that must outlive it.
struct PixelView {
    std::byte* origin = nullptr;  // the pixel at (bounds.x1, bounds.y1)
    OfxRectI bounds{};
    std::ptrdiff_t row_bytes = 0;  // from a row to the one above it
    int components = 0;            // 1 alpha, 3 RGB, 4 RGBA
    int sample_bytes = 0;
    transport::SampleDepth depth = transport::SampleDepth::float32;
    std::optional<bool> premultiplied;  // nothing: the host doesn't say, or there is no alpha
    bool swapped = false;               // B, G, R
    ImageField field = ImageField::unsaid;

    int width() const { return bounds.x2 - bounds.x1; }
    int height() const { return bounds.y2 - bounds.y1; }
    bool is_colour() const { return components >= 3; }
    std::byte* at(int x, int y) const {
        return origin + std::ptrdiff_t{y - bounds.y1} * row_bytes +
               std::ptrdiff_t{x - bounds.x1} * components * sample_bytes;
    }
};

// Throws ofxpp::Error that says what is wrong with the image; `what` names it, such as "the source image of frame 5".
PixelView view_of(const ofxpp::Image& image, const std::string& what);

// Whether the host says, as VEGAS does, that samples come as B, G, R.
bool is_swapped(const ofxpp::PropertySet& properties);

// Throws unless the engine can work on them: RGB or RGBA.
void check_renderable(const PixelView& pixels, const std::string& what);

// Every second line, seen as a picture of its own: line 2n of the frame is line n of the lower field, line 2n+1 of the
// upper one. May have no lines.
enum class Parity { lower, upper };
PixelView field_of(const PixelView& frame, Parity parity);
OfxRectI field_of(const OfxRectI& area, Parity parity);

// The mask that an image holds, over `area`: its alpha, or its red where it has none, and 0 outside of the image.
// Refers to `samples`, which it fills.
PixelView mask_of(const PixelView& image, const OfxRectI& area, std::vector<std::byte>& samples);

// As the transport reads and writes them, top row first. Only RGB and RGBA are written.
transport::HostPixels host_pixels(const PixelView& pixels);
transport::HostTarget host_target(const PixelView& pixels);

OfxRectI intersection(const OfxRectI& a, const OfxRectI& b);
bool is_empty(const OfxRectI& area);
bool same_bounds(const OfxRectI& a, const OfxRectI& b);

// Whether a pixel has the same bytes in both.
bool same_layout(const PixelView& a, const PixelView& b);

// Whether the source's pixels can be shown in the target: alpha alone and colour don't mix.
bool converts(const PixelView& source, const PixelView& target);

// Fills `window` of `target` with the source where it has pixels and with 0 elsewhere. Between alpha alone and colour
// everything becomes 0. Missing alpha becomes 1.
void write_source(const PixelView& target, const OfxRectI& window, const PixelView* source);

// Puts planes (1 or 3 channels, top row first) that cover the source's bounds into `window` of `target`, with the
// source's alpha, and its own bits where a sample is what was sent. 0 outside of the source. `source` may be `target`.
void write_planes(const PixelView& target, const OfxRectI& window, const PixelView& source,
                  const transport::RenderOutput& output, transport::SampleType sent);

// Puts a plane that covers `bounds` into the alpha of `window` of `target`, which is RGBA, and nowhere else.
void write_alpha(const PixelView& target, const OfxRectI& window, const OfxRectI& bounds,
                 const transport::RenderOutput& plane);

}  // namespace reelmend::plugin
