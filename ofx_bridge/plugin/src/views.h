// Views that are made here, of the source and the engine's result.
#pragma once

#include <cstdint>

#include "params.h"

namespace reelmend::plugin {

// Whether the view is made here, by compose_view(), instead of by the engine.
constexpr bool is_composed(ViewMode view) {
    return view == ViewMode::difference || view == ViewMode::split;
}

// A frame's planes: `channels` times `height` rows of `width` floats.
struct PlaneShape {
    uint32_t width = 0;
    uint32_t height = 0;
    uint32_t channels = 3;
};

// Writes what a composed view shows, planar. `result` may be null: it is the source. `shown` may be either of them.
// difference: |result - source| times settings.difference_gain. split: columns left of settings.split_position have the
// source's own bits, the others the result's. Throws ofxpp::Error for a view that is not composed.
void compose_view(const Settings& settings, const PlaneShape& shape, const float* source, const float* result,
                  float* shown);

}  // namespace reelmend::plugin
