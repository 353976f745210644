// Interleaved rows taken apart, and what is computed from the planar rows while they are in the cache.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "reelmend/transport/frame.h"

namespace reelmend::transport {

// One row of each colour plane.
struct PlanarRow {
    const float* red;
    const float* green;
    const float* blue;
};

// Writes `width` samples to each plane.
void deinterleave(const float* pixels, uint32_t components, size_t width, float* red, float* green, float* blue);

// The content digest of a three-plane frame, fed row by row from the top.
class FrameDigest {
  public:
    explicit FrameDigest(const FrameFormat& format);
    void add(const PlanarRow& row);
    Digest finish() const;

  private:
    FrameFormat format_;
    XXH3_state_t planes_[3];
};

// The proxy of a three-plane frame, fed row by row from the top. Writes each cell row when its last row has come.
class ProxyBuilder {
  public:
    ProxyBuilder(const FrameFormat& format, float* planes);
    void add(const PlanarRow& row);
    void finish();

  private:
    void accumulate(size_t plane, const float* samples);
    void finish_cell_row();

    FrameFormat full_;
    FrameFormat proxy_;
    float* planes_;
    uint32_t row_ = 0;
    uint32_t cell_row_ = 0;
    uint32_t cell_row_start_ = 0;
    size_t invalid_in_cell_row_ = 0;
    int64_t total_[3] = {0, 0, 0};
    int64_t total_count_ = 0;
    std::vector<int32_t> valid_;           // of the row at hand: -1 or 0
    std::vector<int64_t> column_sums_;     // plane after plane, of the cell row at hand
    std::vector<int32_t> invalid_counts_;  // per column, of the cell row at hand
    std::vector<size_t> empty_cells_;
};

}  // namespace reelmend::transport
