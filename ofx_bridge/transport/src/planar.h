// Host rows as planar floats, and what is computed from them while they are in the cache.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "reelmend/transport/frame.h"
#include "row_kernels.h"

namespace reelmend::transport {

// Frames from this size on are written past the cache, which they would only empty for others.
constexpr size_t kPastCacheBytes = size_t{4} << 20;

// One row of each plane; of a picture of one plane three times the same.
struct PlanarRow {
    const float* planes[3];
};

// Reads a host's rows as planar float32 values.
class RowReader {
  public:
    RowReader(const HostPixels& pixels, const RowKernels& kernels);
    // Row y from the top; valid until the next call.
    PlanarRow read(uint32_t y);
    // The same row as interleaved values in the host's own order of components.
    const float* read_interleaved(uint32_t y);
    const void* raw(uint32_t y) const;

  private:
    const HostPixels pixels_;
    const RowKernels& kernels_;
    std::vector<float> interleaved_;
    std::vector<float> planar_;
};

// The content digest of a frame, fed row by row from the top.
class FrameDigest {
  public:
    FrameDigest(const FrameFormat& format, const RowKernels& kernels);
    void add(const PlanarRow& row);
    Digest finish() const;

  private:
    FrameFormat format_;
    const RowKernels& kernels_;
    XXH3_state_t planes_[3];
};

// The proxy of a frame, fed row by row from the top. Writes each cell row when its last row has come.
class ProxyBuilder {
  public:
    ProxyBuilder(const FrameFormat& format, float* planes, const RowKernels& kernels);
    void add(const PlanarRow& row);
    void finish();

  private:
    void add_large(const PlanarRow& row);
    void finish_cell_row();

    FrameFormat full_;
    FrameFormat proxy_;
    float* planes_;
    const RowKernels& kernels_;
    float small_limit_ = 0;
    uint32_t row_ = 0;
    uint32_t cell_row_ = 0;
    uint32_t cell_row_start_ = 0;
    size_t invalid_in_cell_row_ = 0;
    int64_t total_[3] = {0, 0, 0};
    int64_t total_count_ = 0;
    std::vector<uint32_t> cell_starts_;  // columns, and the width at the end
    std::vector<int32_t> valid_;         // of the row at hand: -1 or 0
    std::vector<int32_t> small_sums_;    // plane after plane, of the cell row at hand: rows of small samples
    std::vector<int64_t> large_sums_;    // the same of other rows
    bool has_large_ = false;
    std::vector<int32_t> invalid_counts_;  // per column, of the cell row at hand
    std::vector<size_t> empty_cells_;
};

}  // namespace reelmend::transport
