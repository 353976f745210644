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
      valid_(format.width),
      column_sums_(size_t{format.width} * 3),
      invalid_counts_(format.width) {}

void ProxyBuilder::add(const PlanarRow& row) {
    const size_t width = full_.width;
    const int32_t invalid = kernels_.find_valid(row.planes, width, valid_.data());
    for (size_t plane = 0; plane < 3; ++plane) {
        int64_t* sums = column_sums_.data() + plane * width;
        if (invalid == 0) {
            kernels_.add_fixed(row.planes[plane], width, sums);
        } else {
            add_valid(row.planes[plane], valid_.data(), width, sums);
        }
    }
    if (invalid != 0) {
        for (size_t x = 0; x < width; ++x) invalid_counts_[x] += 1 + valid_[x];
        invalid_in_cell_row_ += static_cast<size_t>(invalid);
    }
    ++row_;
    if (row_ == cell_start(cell_row_ + 1, proxy_.height, full_.height)) finish_cell_row();
}

void ProxyBuilder::finish_cell_row() {
    const size_t width = full_.width;
    const int64_t rows = row_ - cell_row_start_;
    for (uint32_t cell = 0; cell < proxy_.width; ++cell) {
        const size_t begin = cell_start(cell, proxy_.width, full_.width);
        const size_t end = cell_start(cell + 1, proxy_.width, full_.width);
        const size_t index = size_t{cell_row_} * proxy_.width + cell;
        int64_t count = rows * static_cast<int64_t>(end - begin);
        if (invalid_in_cell_row_ != 0) {
            for (size_t x = begin; x < end; ++x) count -= invalid_counts_[x];
            if (count == 0) empty_cells_.push_back(index);
        }
        total_count_ += count;
        for (size_t plane = 0; plane < 3; ++plane) {
            int64_t sum = 0;
            for (size_t x = begin; x < end; ++x) sum += column_sums_[plane * width + x];
            total_[plane] += sum;
            if (count > 0) planes_[plane * proxy_.plane_samples() + index] = mean(sum, count);
        }
    }
    std::fill(column_sums_.begin(), column_sums_.end(), 0);
    if (invalid_in_cell_row_ != 0) std::fill(invalid_counts_.begin(), invalid_counts_.end(), 0);
    invalid_in_cell_row_ = 0;
    cell_row_start_ = row_;
    ++cell_row_;
}

void ProxyBuilder::finish() {
    for (size_t plane = 0; plane < 3; ++plane) {
        const float overall = total_count_ > 0 ? mean(total_[plane], total_count_) : 0.0f;
        for (const size_t index : empty_cells_) planes_[plane * proxy_.plane_samples() + index] = overall;
    }
}

}  // namespace reelmend::transport
