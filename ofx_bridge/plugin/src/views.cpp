#include "views.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace reelmend::plugin {

namespace {

void show_difference(double gain, size_t samples, const float* source, const float* result, float* shown) {
    const auto factor = static_cast<float>(gain);
    for (size_t i = 0; i < samples; ++i) {
        // The same bits are no difference, even where they are infinite or not a number.
        const bool same = std::memcmp(source + i, result + i, sizeof(float)) == 0;
        shown[i] = same ? 0.0F : std::abs(result[i] - source[i]) * factor;
    }
}

void show_split(double position, const PlaneShape& shape, const float* source, const float* result, float* shown) {
    const double share = std::clamp(position, 0.0, 1.0);
    const auto left = static_cast<size_t>(std::llround(share * shape.width));
    const size_t rows = size_t{shape.height} * shape.channels;
    for (size_t row = 0; row < rows; ++row) {
        const size_t start = row * shape.width;
        std::copy_n(source + start, left, shown + start);
        if (shown != result) std::copy_n(result + start + left, shape.width - left, shown + start + left);
    }
}

}  // namespace

void compose_view(const Settings& settings, const PlaneShape& shape, const float* source, const float* result,
                  float* shown) {
    const float* mended = result == nullptr ? source : result;
    const size_t samples = size_t{shape.width} * shape.height * shape.channels;
    if (settings.view == ViewMode::difference)
        show_difference(settings.difference_gain, samples, source, mended, shown);
    else if (settings.view == ViewMode::split)
        show_split(settings.split_position, shape, source, mended, shown);
    else
        throw ofxpp::Error(kOfxStatFailed, "this view is the engine's; report this defect");
}

}  // namespace reelmend::plugin
