#include "image.h"

#include <algorithm>
#include <cstring>

#include "ofx/ofxImageEffect.h"

namespace ofxhost {

namespace {

// A quiet NaN with a payload that arithmetic does not produce.
constexpr uint32_t kPoison = 0x7fcb0bad;

void copyRow(float* target, int target_channels, const float* source, int source_channels, int width) {
    if (target_channels == source_channels) {
        std::memcpy(target, source, sizeof(float) * static_cast<size_t>(width) * target_channels);
        return;
    }
    for (int x = 0; x < width; ++x, target += target_channels, source += source_channels) {
        for (int c = 0; c < target_channels; ++c) {
            const bool is_alpha = c == 3 || target_channels == 1;
            const int from = target_channels == 1 ? source_channels - 1 : c;
            target[c] = from < source_channels && !(is_alpha && source_channels == 3) ? source[from] : 1.0F;
        }
    }
}

}  // namespace

PixelBuffer::PixelBuffer(OfxRectI area, int channel_count, const Layout& layout)
    : bounds(area), channels(channel_count) {
    const size_t row_floats =
        static_cast<size_t>(width()) * channels + static_cast<size_t>(layout.padding_bytes) / sizeof(float);
    value_count = row_floats * static_cast<size_t>(height());
    storage.reset(new float[value_count]);
    row_bytes = static_cast<std::ptrdiff_t>(row_floats * sizeof(float));
    origin = storage.get();
    if (layout.top_down) {
        origin += row_floats * static_cast<size_t>(height() - 1);
        row_bytes = -row_bytes;
    }
}

float* PixelBuffer::row(int y) const {
    return reinterpret_cast<float*>(reinterpret_cast<char*>(origin) + (y - bounds.y1) * row_bytes);
}

void PixelBuffer::fillFrom(const float* top_down, int source_channels) {
    const size_t source_row = static_cast<size_t>(width()) * source_channels;
    for (int y = bounds.y2 - 1; y >= bounds.y1; --y, top_down += source_row) {
        copyRow(row(y), channels, top_down, source_channels, width());
    }
}

void PixelBuffer::copyTo(float* top_down, const OfxRectI& area) const {
    const size_t row_floats = static_cast<size_t>(area.x2 - area.x1) * channels;
    for (int y = area.y2 - 1; y >= area.y1; --y, top_down += row_floats) {
        std::memcpy(top_down, row(y) + static_cast<size_t>(area.x1 - bounds.x1) * channels, row_floats * sizeof(float));
    }
}

void PixelBuffer::clear() {
    std::fill_n(storage.get(), value_count, 0.0F);
}

void PixelBuffer::poison() {
    float mark;
    std::memcpy(&mark, &kPoison, sizeof mark);
    std::fill_n(storage.get(), value_count, mark);
}

size_t PixelBuffer::poisonedValues(const OfxRectI& area) const {
    size_t count = 0;
    const size_t row_floats = static_cast<size_t>(area.x2 - area.x1) * channels;
    for (int y = area.y1; y < area.y2; ++y) {
        const float* values = row(y) + static_cast<size_t>(area.x1 - bounds.x1) * channels;
        for (size_t i = 0; i < row_floats; ++i) {
            uint32_t bits;
            std::memcpy(&bits, values + i, sizeof bits);
            count += bits == kPoison;
        }
    }
    return count;
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

Image::Image(EffectInstance& instance, Action* action, std::shared_ptr<PixelBuffer> pixels, const std::string& premult,
             double pixel_aspect)
    : instance_(instance), action_(action), pixels_(std::move(pixels)) {
    const OfxRectI& area = pixels_->bounds;
    defineText(kOfxPropType, {kOfxTypeImage});
    defineText(kOfxImageEffectPropPixelDepth, {kOfxBitDepthFloat});
    defineText(kOfxImageEffectPropComponents, {componentsOf(pixels_->channels)});
    defineText(kOfxImageEffectPropPreMultiplication, {premult});
    defineDouble(kOfxImageEffectPropRenderScale, {1.0, 1.0});
    defineDouble(kOfxImagePropPixelAspectRatio, {pixel_aspect});
    definePointer(kOfxImagePropData, pixels_->origin);
    defineInt(kOfxImagePropBounds, {area.x1, area.y1, area.x2, area.y2});
    defineInt(kOfxImagePropRegionOfDefinition, {area.x1, area.y1, area.x2, area.y2});
    defineInt(kOfxImagePropRowBytes, {static_cast<int>(pixels_->row_bytes)});
    defineText(kOfxImagePropField, {kOfxImageFieldNone});
    defineText(kOfxImagePropUniqueIdentifier, {pixels_->identifier});
}

}  // namespace ofxhost
