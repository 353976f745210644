#include <algorithm>
#include <cmath>

#include "planar.h"

namespace reelmend::transport {

namespace {

constexpr float kClamp = 2047.0f;
constexpr float kScale = 1048576.0f;  // 2^20
uint32_t cell_start(uint32_t cell, uint32_t cells, uint32_t length) {
    return static_cast<uint32_t>(uint64_t{cell} * length / cells);
}

int32_t fixed_point(float sample) {
    return static_cast<int32_t>(std::lrintf(sample * kScale));
}

void add_valid(const float* samples, const int32_t* valid, size_t width, int64_t* sums) {
    for (size_t x = 0; x < width; ++x) {
        if (valid[x] != 0) sums[x] += fixed_point(std::clamp(samples[x], -kClamp, kClamp));
    }
}

float mean(int64_t sum, int64_t count) {
    return static_cast<float>(static_cast<double>(sum) / static_cast<double>(count) / double{kScale});
}

}  // namespace

FrameFormat proxy_format(const FrameFormat& full) {
    return {std::min(full.width, kProxyColumns), std::min(full.height, kProxyRows), full.channels};
}

ProxyBuilder::ProxyBuilder(const FrameFormat& format, float* planes, const RowKernels& kernels)
    : full_(format),
      proxy_(proxy_format(format)),
      planes_(planes),
      kernels_(kernels),
      cell_starts_(proxy_.width + 1),
      valid_(format.width),
      small_sums_(size_t{format.width} * format.channels),
      large_sums_(size_t{format.width} * format.channels),
      invalid_counts_(format.width) {
    for (uint32_t cell = 0; cell <= proxy_.width; ++cell) {
        cell_starts_[cell] = cell_start(cell, proxy_.width, full_.width);
    }
    // So many rows of samples up to the limit can't overflow 32 bits.
    const uint32_t most_rows = (full_.height + proxy_.height - 1) / proxy_.height;
    small_limit_ = std::floor(kClamp / static_cast<float>(most_rows));
}

void ProxyBuilder::add(const PlanarRow& row) {
    const size_t width = full_.width;
    const bool small = std::all_of(row.planes, row.planes + full_.channels,
                                   [&](const float* samples) { return kernels_.within(samples, width, small_limit_); });
    if (small) {
        for (size_t plane = 0; plane < full_.channels; ++plane) {
            kernels_.add_small_fixed(row.planes[plane], width, small_sums_.data() + plane * width);
        }
    } else {
        add_large(row);
    }
    ++row_;
    if (row_ == cell_start(cell_row_ + 1, proxy_.height, full_.height)) finish_cell_row();
}

// Samples that are not finite are left out, pixel by pixel.
void ProxyBuilder::add_large(const PlanarRow& row) {
    const size_t width = full_.width;
    const int32_t invalid = kernels_.find_valid(row.planes, width, valid_.data());
    for (size_t plane = 0; plane < full_.channels; ++plane) {
        int64_t* sums = large_sums_.data() + plane * width;
        if (invalid == 0) {
            kernels_.add_fixed(row.planes[plane], width, sums);
        } else {
            add_valid(row.planes[plane], valid_.data(), width, sums);
        }
    }
    has_large_ = true;
    if (invalid == 0) return;
    for (size_t x = 0; x < width; ++x) invalid_counts_[x] += 1 + valid_[x];
    invalid_in_cell_row_ += static_cast<size_t>(invalid);
}

void ProxyBuilder::finish_cell_row() {
    const size_t width = full_.width;
    const int64_t rows = row_ - cell_row_start_;
    float* const cells = planes_ + size_t{cell_row_} * proxy_.width;
    for (size_t cell = 0; cell < proxy_.width; ++cell) {
        const size_t begin = cell_starts_[cell];
        const size_t end = cell_starts_[cell + 1];
        int64_t count = rows * static_cast<int64_t>(end - begin);
        if (invalid_in_cell_row_ != 0) {
            for (size_t x = begin; x < end; ++x) count -= invalid_counts_[x];
            if (count == 0) empty_cells_.push_back(size_t{cell_row_} * proxy_.width + cell);
        }
        total_count_ += count;
        for (size_t plane = 0; plane < full_.channels; ++plane) {
            int64_t sum = 0;
            for (size_t x = begin; x < end; ++x) sum += small_sums_[plane * width + x];
            if (has_large_) {
                for (size_t x = begin; x < end; ++x) sum += large_sums_[plane * width + x];
            }
            total_[plane] += sum;
            if (count > 0) cells[plane * proxy_.plane_samples() + cell] = mean(sum, count);
        }
    }
    std::fill(small_sums_.begin(), small_sums_.end(), 0);
    if (has_large_) std::fill(large_sums_.begin(), large_sums_.end(), 0);
    if (invalid_in_cell_row_ != 0) std::fill(invalid_counts_.begin(), invalid_counts_.end(), 0);
    has_large_ = false;
    invalid_in_cell_row_ = 0;
    cell_row_start_ = row_;
    ++cell_row_;
}

void ProxyBuilder::finish() {
    for (size_t plane = 0; plane < full_.channels; ++plane) {
        const float overall = total_count_ > 0 ? mean(total_[plane], total_count_) : 0.0f;
        for (const size_t index : empty_cells_) planes_[plane * proxy_.plane_samples() + index] = overall;
    }
}

}  // namespace reelmend::transport
