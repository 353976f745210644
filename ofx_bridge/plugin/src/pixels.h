// The pixels of host images: what they are, and the few copies that the node makes of them.
#pragma once

#include <ofxpp/image.h>

#include <cstddef>
#include <optional>
#include <string>

#include "reelmend/transport/engine_client.h"

namespace reelmend::plugin {

// Pixels in host memory, interleaved, y up. Refers to an image that must outlive it.
struct PixelView {
    std::byte* origin = nullptr;  // the pixel at (bounds.x1, bounds.y1)
    OfxRectI bounds{};
    std::ptrdiff_t row_bytes = 0;  // from a row to the one above it
    int components = 0;            // 1 alpha, 3 RGB, 4 RGBA
    int sample_bytes = 0;
    bool is_float = false;

    int width() const { return bounds.x2 - bounds.x1; }
    int height() const { return bounds.y2 - bounds.y1; }
    std::byte* at(int x, int y) const {
        return origin + std::ptrdiff_t{y - bounds.y1} * row_bytes +
               std::ptrdiff_t{x - bounds.x1} * components * sample_bytes;
    }
};

// Throws ofxpp::Error that says what is wrong with the image; `what` names it, such as "the source image of frame 5".
PixelView view_of(const ofxpp::Image& image, const std::string& what);

// Throws unless the engine can work on them: float, RGB or RGBA.
void check_renderable(const PixelView& pixels, const std::string& what);

// As the transport reads them, top row first. Float RGB or RGBA only.
transport::HostPixels host_pixels(const PixelView& pixels);

OfxRectI intersection(const OfxRectI& a, const OfxRectI& b);

// Fills `window` of `target` with the source where it has pixels and with 0 elsewhere. Between formats that don't
// convert without loss (other depths, alpha alone) everything becomes 0. Missing alpha becomes 1.
void write_source(const PixelView& target, const OfxRectI& window, const PixelView* source);

// Puts the planes (1 or 3 channels, top row first) that cover `area` into `window` of `target`, and leaves alpha alone.
// Float RGB or RGBA only.
void write_planes(const PixelView& target, const OfxRectI& window, const OfxRectI& area,
                  const transport::RenderOutput& output);

}  // namespace reelmend::plugin
