#include "pixels.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "fields.h"

namespace reelmend::plugin {

namespace {

using transport::SampleDepth;

struct Depth {
    const char* name;
    int sample_bytes;
    SampleDepth depth;
    bool swapped = false;
};

// The last three are those of VEGAS, whose samples come as B, G, R.
constexpr Depth kDepths[] = {
    {kOfxBitDepthFloat, 4, SampleDepth::float32},           {kOfxBitDepthHalf, 2, SampleDepth::half16},
    {kOfxBitDepthShort, 2, SampleDepth::short16},           {kOfxBitDepthByte, 1, SampleDepth::byte8},
    {"OfxBitDepthFloatBGR", 4, SampleDepth::float32, true}, {"OfxBitDepthShortBGR", 2, SampleDepth::short16, true},
    {"OfxBitDepthByteBGR", 1, SampleDepth::byte8, true}};
constexpr const char* kPixelOrder = "OfxImageEffectPropPixelOrder";
constexpr const char* kSwappedOrder = "OfxImagePixelOrderBGRA";

int component_count(const std::string& components) {
    if (components == kOfxImageComponentRGBA) return 4;
    if (components == kOfxImageComponentRGB) return 3;
    if (components == kOfxImageComponentAlpha) return 1;
    return 0;
}

[[noreturn]] void refuse(const std::string& reason) {
    throw ofxpp::Error(kOfxStatFailed, reason);
}

std::optional<bool> premultiplication_of(const ofxpp::Image& image) {
    const std::string alpha = image.premultiplication();
    if (alpha == kOfxImagePreMultiplied) return true;
    if (alpha == kOfxImageUnPreMultiplied || alpha == kOfxImageOpaque) return false;
    return std::nullopt;
}

size_t pixel_bytes(const PixelView& pixels) {
    return static_cast<size_t>(pixels.components) * static_cast<size_t>(pixels.sample_bytes);
}

void clear_span(const PixelView& target, int x1, int x2, int y) {
    if (x2 > x1) std::memset(target.at(x1, y), 0, size_t(x2 - x1) * pixel_bytes(target));
}

// Clears what of `area` lies outside of `kept`, which lies inside of it or is empty.
void clear_around(const PixelView& target, const OfxRectI& area, const OfxRectI& kept) {
    for (int y = area.y1; y < area.y2; ++y) {
        const bool crosses = !is_empty(kept) && y >= kept.y1 && y < kept.y2;
        clear_span(target, area.x1, crosses ? kept.x1 : area.x2, y);
        if (crosses) clear_span(target, kept.x2, area.x2, y);
    }
}

PixelView part_of(const PixelView& pixels, const OfxRectI& area) {
    PixelView part = pixels;
    part.bounds = area;
    part.origin = pixels.at(area.x1, area.y1);
    return part;
}

// A host that doesn't say how its output holds alpha takes it as its source does.
PixelView in_terms_of(const PixelView& target, const PixelView& source) {
    PixelView same = target;
    if (!same.premultiplied) same.premultiplied = source.premultiplied;
    return same;
}

template <size_t Bytes>
void take_every(size_t stride, const std::byte* from, size_t count, std::byte* to) {
    for (size_t i = 0; i < count; ++i) std::memcpy(to + i * Bytes, from + i * stride * Bytes, Bytes);
}

// One sample of each pixel.
void take_every(int components, size_t sample_bytes, const std::byte* from, size_t count, std::byte* to) {
    const auto stride = static_cast<size_t>(components);
    if (stride == 1) return static_cast<void>(std::memcpy(to, from, count * sample_bytes));
    // Sizes that the compiler knows, for its sake.
    if (sample_bytes == 1) return take_every<1>(stride, from, count, to);
    if (sample_bytes == 2) return take_every<2>(stride, from, count, to);
    take_every<4>(stride, from, count, to);
}

// Between layouts of colour, one line after the other.
void convert(const PixelView& target, const PixelView& source, const OfxRectI& area) {
    const auto width = static_cast<size_t>(area.x2 - area.x1);
    std::vector<float> planes(3 * width);
    for (int y = area.y1; y < area.y2; ++y) {
        const OfxRectI line{area.x1, y, area.x2, y + 1};
        const auto from = host_pixels(part_of(source, line));
        transport::pack(from, transport::SampleType::float32, planes.data());
        transport::unpack(planes.data(), 3, from, host_target(part_of(target, line)));
    }
}

// The same pixels, top row first, to be read or to be written.
template <typename View>
View for_transport(const PixelView& pixels) {
    View view;
    view.top_row = pixels.at(pixels.bounds.x1, pixels.bounds.y2 - 1);
    view.row_stride_bytes = -pixels.row_bytes;
    view.width = static_cast<uint32_t>(pixels.width());
    view.height = static_cast<uint32_t>(pixels.height());
    view.components = static_cast<uint32_t>(pixels.components);
    view.depth = pixels.depth;
    view.premultiplied = pixels.premultiplied.value_or(false);
    view.swapped = pixels.swapped;
    return view;
}

}  // namespace

PixelView view_of(const ofxpp::Image& image, const std::string& what) {
    PixelView view;
    view.bounds = image.bounds();
    if (is_empty(view.bounds)) refuse(what + " is empty: 0 pixels");
    view.components = component_count(image.components());
    if (view.components == 0) refuse(what + " has unknown components '" + image.components() + "'");
    const std::string name = image.depth();
    const auto* depth =
        std::find_if(std::begin(kDepths), std::end(kDepths), [&](const Depth& d) { return name == d.name; });
    if (depth == std::end(kDepths)) refuse(what + " has an unknown bit depth '" + name + "'");
    view.sample_bytes = depth->sample_bytes;
    view.depth = depth->depth;
    view.swapped = view.is_colour() && (depth->swapped || is_swapped(image.properties()));
    if (view.components == 4) view.premultiplied = premultiplication_of(image);
    view.field = field_named(image.field());
    const std::ptrdiff_t packed = std::ptrdiff_t{view.width()} * view.components * view.sample_bytes;
    view.row_bytes = image.row_bytes().value_or(0);
    if (view.row_bytes == 0) view.row_bytes = packed;
    if (std::abs(view.row_bytes) < packed && view.height() > 1)
        refuse(what + " has rows of " + std::to_string(view.row_bytes) + " bytes, too short for its width");
    view.origin = static_cast<std::byte*>(image.data());
    if (view.origin == nullptr) refuse(what + " has no pixel data; switch the host to CPU rendering for this node");
    return view;
}

bool is_swapped(const ofxpp::PropertySet& properties) {
    return properties.find_string(kPixelOrder).value_or("") == kSwappedOrder;
}

void check_renderable(const PixelView& pixels, const std::string& what) {
    if (!pixels.is_colour()) refuse(what + " is neither RGB nor RGBA; connect a colour clip");
}

int field_line(int y, Parity parity) {
    const int offset = parity == Parity::upper ? 1 : 0;
    // Towards the line above, also below 0.
    return (y - offset + 1) >> 1;
}

OfxRectI field_of(const OfxRectI& area, Parity parity) {
    return {area.x1, field_line(area.y1, parity), area.x2, field_line(area.y2, parity)};
}

PixelView field_of(const PixelView& frame, Parity parity) {
    PixelView field = frame;
    field.bounds = field_of(frame.bounds, parity);
    field.origin = frame.at(frame.bounds.x1, 2 * field.bounds.y1 + (parity == Parity::upper ? 1 : 0));
    field.row_bytes = 2 * frame.row_bytes;
    return field;
}

PixelView mask_of(const PixelView& image, const OfxRectI& area, std::vector<std::byte>& samples) {
    PixelView mask = image;
    mask.bounds = area;
    mask.components = 1;
    mask.premultiplied.reset();
    mask.swapped = false;
    mask.row_bytes = std::ptrdiff_t{mask.width()} * mask.sample_bytes;
    samples.assign(static_cast<size_t>(mask.row_bytes) * static_cast<size_t>(mask.height()), std::byte{0});
    mask.origin = samples.data();
    const OfxRectI shared = intersection(image.bounds, area);
    const int red = image.swapped ? 2 : 0;
    const int channel = image.components == 4 ? 3 : image.components == 3 ? red : 0;
    const auto sample_bytes = static_cast<size_t>(image.sample_bytes);
    if (is_empty(shared)) return mask;
    const auto width = static_cast<size_t>(shared.x2 - shared.x1);
    for (int y = shared.y1; y < shared.y2; ++y) {
        const std::byte* from = image.at(shared.x1, y) + static_cast<size_t>(channel) * sample_bytes;
        take_every(image.components, sample_bytes, from, width, mask.at(shared.x1, y));
    }
    return mask;
}

transport::HostPixels host_pixels(const PixelView& pixels) {
    return for_transport<transport::HostPixels>(pixels);
}

transport::HostTarget host_target(const PixelView& pixels) {
    return for_transport<transport::HostTarget>(pixels);
}

OfxRectI intersection(const OfxRectI& a, const OfxRectI& b) {
    OfxRectI both{std::max(a.x1, b.x1), std::max(a.y1, b.y1), std::min(a.x2, b.x2), std::min(a.y2, b.y2)};
    both.x2 = std::max(both.x1, both.x2);
    both.y2 = std::max(both.y1, both.y2);
    return both;
}

bool is_empty(const OfxRectI& area) {
    return area.x2 <= area.x1 || area.y2 <= area.y1;
}

bool same_bounds(const OfxRectI& a, const OfxRectI& b) {
    return a.x1 == b.x1 && a.y1 == b.y1 && a.x2 == b.x2 && a.y2 == b.y2;
}

bool same_layout(const PixelView& a, const PixelView& b) {
    const bool same_alpha = !a.premultiplied || !b.premultiplied || *a.premultiplied == *b.premultiplied;
    return a.components == b.components && a.depth == b.depth && a.swapped == b.swapped && same_alpha;
}

bool converts(const PixelView& source, const PixelView& target) {
    return same_layout(source, target) || (source.is_colour() && target.is_colour());
}

void write_source(const PixelView& target, const OfxRectI& window, const PixelView* source) {
    const OfxRectI area = intersection(window, target.bounds);
    const bool shows = source != nullptr && converts(*source, target);
    const OfxRectI shared = shows ? intersection(area, source->bounds) : OfxRectI{};
    clear_around(target, area, shared);
    if (is_empty(shared)) return;
    if (!same_layout(target, *source)) return convert(in_terms_of(target, *source), *source, shared);
    const size_t bytes = static_cast<size_t>(shared.x2 - shared.x1) * pixel_bytes(target);
    for (int y = shared.y1; y < shared.y2; ++y) std::memcpy(target.at(shared.x1, y), source->at(shared.x1, y), bytes);
}

void write_planes(const PixelView& target, const OfxRectI& window, const PixelView& source,
                  const transport::RenderOutput& output, transport::SampleType sent) {
    const OfxRectI area = intersection(window, target.bounds);
    const OfxRectI shared = intersection(area, source.bounds);
    clear_around(target, area, shared);
    if (is_empty(shared)) return;
    transport::PlanarPixels planes;
    planes.samples = output.planes + size_t(source.bounds.y2 - shared.y2) * output.format.width +
                     size_t(shared.x1 - source.bounds.x1);
    planes.channels = output.format.channels;
    planes.row_samples = output.format.width;
    planes.plane_samples = output.format.plane_samples();
    transport::unpack(planes, host_pixels(part_of(source, shared)),
                      host_target(part_of(in_terms_of(target, source), shared)), sent);
}

void write_alpha(const PixelView& target, const OfxRectI& window, const OfxRectI& bounds,
                 const transport::RenderOutput& plane) {
    const OfxRectI shared = intersection(intersection(window, target.bounds), bounds);
    const auto width = static_cast<size_t>(shared.x2 - shared.x1);
    const auto sample_bytes = static_cast<size_t>(target.sample_bytes);
    // As a line of grey in the target's depth, so that alpha has the bits that the same plane has as a picture.
    std::vector<std::byte> samples(3 * width * sample_bytes);
    PixelView grey = target;
    grey.origin = samples.data();
    grey.components = 3;
    grey.premultiplied.reset();
    grey.swapped = false;
    for (int y = shared.y1; y < shared.y2; ++y) {
        grey.bounds = {shared.x1, y, shared.x2, y + 1};
        const float* const from =
            plane.planes + size_t(bounds.y2 - 1 - y) * plane.format.width + size_t(shared.x1 - bounds.x1);
        transport::unpack(from, 1, host_pixels(grey), host_target(grey));
        for (size_t x = 0; x < width; ++x)
            std::memcpy(target.at(shared.x1 + static_cast<int>(x), y) + 3 * sample_bytes,
                        samples.data() + 3 * x * sample_bytes, sample_bytes);
    }
}

}  // namespace reelmend::plugin
