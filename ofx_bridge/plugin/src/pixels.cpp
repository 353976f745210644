#include "pixels.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace reelmend::plugin {

namespace {

struct Depth {
    const char* name;
    int sample_bytes;
    bool is_float;
};

constexpr Depth kDepths[] = {{kOfxBitDepthFloat, 4, true},
                             {kOfxBitDepthHalf, 2, false},
                             {kOfxBitDepthShort, 2, false},
                             {kOfxBitDepthByte, 1, false}};

int component_count(const std::string& components) {
    if (components == kOfxImageComponentRGBA) return 4;
    if (components == kOfxImageComponentRGB) return 3;
    if (components == kOfxImageComponentAlpha) return 1;
    return 0;
}

[[noreturn]] void refuse(const std::string& reason) {
    throw ofxpp::Error(kOfxStatFailed, reason);
}

bool colour_floats(const PixelView& pixels) {
    return pixels.is_float && pixels.components >= 3;
}

bool same_layout(const PixelView& a, const PixelView& b) {
    return a.components == b.components && a.sample_bytes == b.sample_bytes && a.is_float == b.is_float;
}

void clear_span(const PixelView& target, int x1, int x2, int y) {
    if (x2 > x1) std::memset(target.at(x1, y), 0, size_t(x2 - x1) * target.components * target.sample_bytes);
}

// Floats between RGB and RGBA.
void convert_span(const PixelView& target, const PixelView& source, int x1, int x2, int y) {
    auto* to = reinterpret_cast<float*>(target.at(x1, y));
    const auto* from = reinterpret_cast<const float*>(source.at(x1, y));
    for (int x = x1; x < x2; ++x, to += target.components, from += source.components) {
        std::copy_n(from, 3, to);
        if (target.components == 4) to[3] = 1.0F;
    }
}

}  // namespace

PixelView view_of(const ofxpp::Image& image, const std::string& what) {
    PixelView view;
    view.bounds = image.bounds();
    if (view.bounds.x2 <= view.bounds.x1 || view.bounds.y2 <= view.bounds.y1) refuse(what + " is empty: 0 pixels");
    view.components = component_count(image.components());
    if (view.components == 0) refuse(what + " has unknown components '" + image.components() + "'");
    const std::string name = image.depth();
    const auto* depth =
        std::find_if(std::begin(kDepths), std::end(kDepths), [&](const Depth& d) { return name == d.name; });
    if (depth == std::end(kDepths)) refuse(what + " has an unknown bit depth '" + name + "'");
    view.sample_bytes = depth->sample_bytes;
    view.is_float = depth->is_float;
    const std::ptrdiff_t packed = std::ptrdiff_t{view.width()} * view.components * view.sample_bytes;
    view.row_bytes = image.row_bytes().value_or(0);
    if (view.row_bytes == 0) view.row_bytes = packed;
    if (std::abs(view.row_bytes) < packed && view.height() > 1)
        refuse(what + " has rows of " + std::to_string(view.row_bytes) + " bytes, too short for its width");
    view.origin = static_cast<std::byte*>(image.data());
    if (view.origin == nullptr) refuse(what + " has no pixel data; switch the host to CPU rendering for this node");
    return view;
}

void check_renderable(const PixelView& pixels, const std::string& what) {
    if (!pixels.is_float) refuse(what + " is not 32-bit float; set the project or the node to float");
    if (pixels.components < 3) refuse(what + " is neither RGB nor RGBA; connect a colour clip");
}

transport::HostPixels host_pixels(const PixelView& pixels) {
    transport::HostPixels view;
    view.top_row = pixels.at(pixels.bounds.x1, pixels.bounds.y2 - 1);
    view.row_stride_bytes = -pixels.row_bytes;
    view.width = static_cast<uint32_t>(pixels.width());
    view.height = static_cast<uint32_t>(pixels.height());
    view.components = static_cast<uint32_t>(pixels.components);
    return view;
}

OfxRectI intersection(const OfxRectI& a, const OfxRectI& b) {
    OfxRectI both{std::max(a.x1, b.x1), std::max(a.y1, b.y1), std::min(a.x2, b.x2), std::min(a.y2, b.y2)};
    both.x2 = std::max(both.x1, both.x2);
    both.y2 = std::max(both.y1, both.y2);
    return both;
}

void write_source(const PixelView& target, const OfxRectI& window, const PixelView* source) {
    const OfxRectI area = intersection(window, target.bounds);
    const bool copies = source != nullptr && same_layout(target, *source);
    const bool converts = source != nullptr && colour_floats(target) && colour_floats(*source);
    const OfxRectI shared = copies || converts ? intersection(area, source->bounds) : OfxRectI{};
    for (int y = area.y1; y < area.y2; ++y) {
        if (y < shared.y1 || y >= shared.y2 || shared.x2 <= shared.x1) {
            clear_span(target, area.x1, area.x2, y);
            continue;
        }
        clear_span(target, area.x1, shared.x1, y);
        clear_span(target, shared.x2, area.x2, y);
        if (copies)
            std::memcpy(target.at(shared.x1, y), source->at(shared.x1, y),
                        size_t(shared.x2 - shared.x1) * target.components * target.sample_bytes);
        else
            convert_span(target, *source, shared.x1, shared.x2, y);
    }
}

void write_planes(const PixelView& target, const OfxRectI& window, const OfxRectI& area,
                  const transport::RenderOutput& output) {
    const OfxRectI shared = intersection(intersection(window, target.bounds), area);
    const size_t plane = output.format.plane_samples();
    const size_t step = output.format.channels == 1 ? 0 : plane;  // one channel shows as grey
    for (int y = shared.y1; y < shared.y2; ++y) {
        const float* from = output.planes + size_t(area.y2 - 1 - y) * output.format.width + size_t(shared.x1 - area.x1);
        auto* to = reinterpret_cast<float*>(target.at(shared.x1, y));
        for (int x = shared.x1; x < shared.x2; ++x, ++from, to += target.components) {
            to[0] = from[0];
            to[1] = from[step];
            to[2] = from[2 * step];
        }
    }
}

}  // namespace reelmend::plugin
