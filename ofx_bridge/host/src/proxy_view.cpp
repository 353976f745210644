#include "proxy_view.h"

#include <algorithm>
#include <cmath>

#include "ofx/ofxImageEffect.h"
#include "samples.h"
#include "status.h"

namespace ofxhost {

namespace {

// Absorbs rounding, so that 1920 · 0.5 is 960 pixels and not 961.
constexpr double kSlack = 1e-6;

int firstPixel(double edge) {
    return static_cast<int>(std::floor(edge + kSlack));
}
int endPixel(double edge) {
    return static_cast<int>(std::ceil(edge - kSlack));
}

bool oneField(Field field) {
    return field == Field::Lower || field == Field::Upper;
}

// The row of a whole picture, counted from its bottom, that shows line `y` of a field of it.
int fieldRow(int y, int height, Field field, Extraction extraction) {
    const int parity = field == Field::Upper ? 1 : 0;
    const int row = extraction == Extraction::Single ? 2 * y + parity : (y & ~1) + parity;
    return std::min(row, height - 1);
}

// The source pixels [first, end) that target pixel `i` covers on one axis; at least one.
std::pair<int, int> covered(int i, double scale, int full_first, int full_end) {
    const int first = std::clamp(firstPixel(i / scale), full_first, full_end - 1);
    return {first, std::clamp(endPixel((i + 1) / scale), first + 1, full_end)};
}

}  // namespace

Extraction extractionOf(const std::string& name) {
    if (name == kOfxImageFieldSingle) return Extraction::Single;
    if (name == kOfxImageFieldDoubled) return Extraction::Doubled;
    return Extraction::Whole;
}

OfxRectI pixelsOf(const OfxRectD& region, double pixel_aspect, const OfxPointD& scale) {
    return {firstPixel(region.x1 / pixel_aspect * scale.x), firstPixel(region.y1 * scale.y),
            endPixel(region.x2 / pixel_aspect * scale.x), endPixel(region.y2 * scale.y)};
}

OfxRectI scaledBounds(const OfxRectI& full, const View& view, Extraction extraction) {
    OfxRectI bounds{firstPixel(full.x1 * view.scale.x), firstPixel(full.y1 * view.scale.y),
                    endPixel(full.x2 * view.scale.x), endPixel(full.y2 * view.scale.y)};
    if (oneField(view.field) && extraction == Extraction::Single) {
        const int height = bounds.y2 - bounds.y1;
        const int lines = view.field == Field::Lower ? (height + 1) / 2 : height / 2;
        bounds.y2 = bounds.y1 + std::max(1, lines);
    }
    return bounds;
}

void fillFrom(PixelBuffer& target, const PictureView& source, const OfxRectI& full, const View& view,
              Extraction extraction, const RowConversion& conversion) {
    const bool field = oneField(view.field) && extraction != Extraction::Whole;
    if (view.fullSize()) {
        for (int y = 0; y < target.height(); ++y) {
            const int row = field ? fieldRow(y, source.height, view.field, extraction) : y;
            conversion(target.row(target.bounds.y1 + y), source.row(source.height - 1 - row), target.width());
        }
        return;
    }
    const PixelFormat floats{conversion.from.channels, Depth::Float};
    const RowConversion widen{conversion.from, floats, false, false};
    const RowConversion narrow{floats, conversion.to, conversion.swap_red_blue, false};
    const size_t row_samples = static_cast<size_t>(source.width) * floats.channels;
    std::vector<float> wide(row_samples);
    std::vector<float> sums(row_samples);
    std::vector<float> result(static_cast<size_t>(target.width()) * floats.channels);
    for (int y = target.bounds.y1; y < target.bounds.y2; ++y) {
        const int line = field ? fieldRow(y - target.bounds.y1, source.height, view.field, extraction) : y;
        const auto [y_first, y_end] = covered(line, view.scale.y, full.y1, full.y2);
        std::fill(sums.begin(), sums.end(), 0.0F);
        for (int row = y_first; row < y_end; ++row) {
            widen(reinterpret_cast<std::byte*>(wide.data()), source.row(full.y2 - 1 - row), source.width);
            std::transform(sums.begin(), sums.end(), wide.begin(), sums.begin(), std::plus<>());
        }
        for (int x = target.bounds.x1; x < target.bounds.x2; ++x) {
            const auto [x_first, x_end] = covered(x, view.scale.x, full.x1, full.x2);
            const auto count = static_cast<float>((x_end - x_first) * (y_end - y_first));
            for (int c = 0; c < floats.channels; ++c) {
                float sum = 0.0F;
                for (int i = x_first; i < x_end; ++i)
                    sum += sums[static_cast<size_t>(i - full.x1) * floats.channels + c];
                result[static_cast<size_t>(x - target.bounds.x1) * floats.channels + c] = sum / count;
            }
        }
        narrow(target.row(y), reinterpret_cast<const std::byte*>(result.data()), target.width());
    }
}

}  // namespace ofxhost
