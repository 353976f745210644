#include <algorithm>
#include <cmath>
#include <cstring>

#include "planar.h"
#include "vectorise.h"

namespace reelmend::transport {

namespace {

constexpr float kClamp = 2047.0f;
constexpr float kScale = 1048576.0f;  // 2^20
constexpr uint32_t kExponentBits = 0x7f800000u;

uint32_t cell_start(uint32_t cell, uint32_t cells, uint32_t length) {
    return static_cast<uint32_t>(uint64_t{cell} * length / cells);
}

int32_t not_finite(float sample) {
    uint32_t bits;
    std::memcpy(&bits, &sample, sizeof bits);
    return (bits & kExponentBits) == kExponentBits ? 1 : 0;
}

// Marks in `valid` (-1 or 0) the pixels whose three samples are finite, and returns how many are not.
REELMEND_VECTORISE int32_t find_valid(const PlanarRow& row, size_t width, int32_t* valid) {
    const float* red = row.red;
    const float* green = row.green;
    const float* blue = row.blue;
    int32_t invalid = 0;
    for (size_t x = 0; x < width; ++x) {
        const int32_t bad = not_finite(red[x]) | not_finite(green[x]) | not_finite(blue[x]);
        valid[x] = bad - 1;
        invalid += bad;
    }
    return invalid;
}

int32_t fixed_point(float sample) {
    return static_cast<int32_t>(std::lrintf(sample * kScale));
}

REELMEND_VECTORISE void add_all(const float* samples, size_t width, int64_t* sums) {
    for (size_t x = 0; x < width; ++x) {
        const float low = samples[x] < -kClamp ? -kClamp : samples[x];
        sums[x] += fixed_point(low > kClamp ? kClamp : low);
    }
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

ProxyBuilder::ProxyBuilder(const FrameFormat& format, float* planes)
    : full_(format),
      proxy_(proxy_format(format)),
      planes_(planes),
      valid_(format.width),
      column_sums_(size_t{format.width} * 3),
      invalid_counts_(format.width) {}

void ProxyBuilder::add(const PlanarRow& row) {
    const size_t width = full_.width;
    const float* const samples[3] = {row.red, row.green, row.blue};
    const int32_t invalid = find_valid(row, width, valid_.data());
    for (size_t plane = 0; plane < 3; ++plane) {
        int64_t* sums = column_sums_.data() + plane * width;
        if (invalid == 0) {
            add_all(samples[plane], width, sums);
        } else {
            add_valid(samples[plane], valid_.data(), width, sums);
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
