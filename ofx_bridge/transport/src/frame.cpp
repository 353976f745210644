#include "reelmend/transport/frame.h"

#include <cstring>
#include <utility>

#include "default_rounding.h"
#include "planar.h"

namespace reelmend::transport {

namespace {

// Calls `take(PlanarRow, y)` for each row, top first; the row is valid during the call.
template <typename Take>
void for_each_row(const HostPixels& pixels, const RowKernels& kernels, Take take) {
    RowReader reader(pixels, kernels);
    for (uint32_t y = 0; y < pixels.height; ++y) take(reader.read(y), y);
}

void copy_plainly(const void* from, size_t size, void* to) {
    std::memcpy(to, from, size);
}

float unit_of(SampleDepth depth) {
    return depth == SampleDepth::byte8 ? 255.0f : depth == SampleDepth::short16 ? 65535.0f : 1.0f;
}

}  // namespace

RowReader::RowReader(const HostPixels& pixels, const RowKernels& kernels)
    : pixels_(pixels),
      kernels_(kernels),
      interleaved_(size_t{pixels.width} * pixels.components),
      planar_(size_t{pixels.width} * 3) {}

const void* RowReader::raw(uint32_t y) const {
    return static_cast<const char*>(pixels_.top_row) + static_cast<ptrdiff_t>(y) * pixels_.row_stride_bytes;
}

const float* RowReader::read_interleaved(uint32_t y) {
    const bool divides = pixels_.premultiplied && pixels_.components == 4;
    const size_t count = interleaved_.size();
    float* const floats = interleaved_.data();
    const float unit = unit_of(pixels_.depth);
    // Colour and alpha share their unit, so that their quotient is rounded once.
    const float divisor = divides ? 1.0f : unit;
    switch (pixels_.depth) {
        case SampleDepth::byte8:
            kernels_.floats_of_bytes(static_cast<const uint8_t*>(raw(y)), count, divisor, floats);
            break;
        case SampleDepth::short16:
            kernels_.floats_of_shorts(static_cast<const uint16_t*>(raw(y)), count, divisor, floats);
            break;
        case SampleDepth::half16:
            kernels_.floats_of_halves(static_cast<const uint16_t*>(raw(y)), count, floats);
            break;
        case SampleDepth::float32:
            if (!divides) return static_cast<const float*>(raw(y));
            std::memcpy(floats, raw(y), count * sizeof(float));
            break;
    }
    if (divides) kernels_.divide_by_alpha(floats, pixels_.width, unit);
    return floats;
}

PlanarRow RowReader::read(uint32_t y) {
    if (pixels_.components == 1) {
        const float* const plane = read_interleaved(y);
        return {{plane, plane, plane}};
    }
    float* const first = planar_.data();
    float* planes[3] = {first, first + pixels_.width, first + 2 * size_t{pixels_.width}};
    const PlanarRow row{{planes[0], planes[1], planes[2]}};
    if (pixels_.swapped) std::swap(planes[0], planes[2]);
    const ptrdiff_t ahead = y + 1 < pixels_.height ? pixels_.row_stride_bytes : 0;
    kernels_.take_apart(read_interleaved(y), pixels_.components, pixels_.width, ahead, planes);
    return row;
}

Digest digest_of(const HostPixels& pixels) {
    const DefaultRounding rounding;
    const RowKernels& kernels = row_kernels();
    FrameDigest digest(pixels.format(), kernels);
    for_each_row(pixels, kernels, [&](const PlanarRow& row, uint32_t) { digest.add(row); });
    return digest.finish();
}

void make_proxy(const HostPixels& pixels, float* proxy_planes) {
    const DefaultRounding rounding;
    const RowKernels& kernels = row_kernels();
    ProxyBuilder proxy(pixels.format(), proxy_planes, kernels);
    for_each_row(pixels, kernels, [&](const PlanarRow& row, uint32_t) { proxy.add(row); });
    proxy.finish();
}

Digest digest_and_proxy(const HostPixels& pixels, float* proxy_planes) {
    const DefaultRounding rounding;
    const RowKernels& kernels = row_kernels();
    FrameDigest digest(pixels.format(), kernels);
    ProxyBuilder proxy(pixels.format(), proxy_planes, kernels);
    for_each_row(pixels, kernels, [&](const PlanarRow& row, uint32_t) {
        digest.add(row);
        proxy.add(row);
    });
    proxy.finish();
    return digest.finish();
}

Digest pack(const HostPixels& pixels, SampleType type, void* planes) {
    const DefaultRounding rounding;
    const RowKernels& kernels = row_kernels();
    const FrameFormat format = pixels.format();
    const size_t plane_samples = format.plane_samples();
    const size_t sample_bytes = bytes_of(type);
    const bool past_cache = format.samples() * sample_bytes >= kPastCacheBytes;
    const auto copy = past_cache ? kernels.copy_past_cache : copy_plainly;
    std::vector<uint16_t> halves(type == SampleType::float16 ? pixels.width : 0);
    FrameDigest digest(format, kernels);
    for_each_row(pixels, kernels, [&](const PlanarRow& row, uint32_t y) {
        digest.add(row);
        for (size_t c = 0; c < format.channels; ++c) {
            const void* samples = row.planes[c];
            if (type == SampleType::float16) {
                kernels.halves_of_floats(row.planes[c], pixels.width, halves.data());
                samples = halves.data();
            }
            const size_t offset = (c * plane_samples + size_t{y} * pixels.width) * sample_bytes;
            copy(samples, pixels.width * sample_bytes, static_cast<uint8_t*>(planes) + offset);
        }
    });
    kernels.fence();
    return digest.finish();
}

void to_halves(const float* samples, size_t count, uint16_t* halves) {
    const DefaultRounding rounding;
    row_kernels().halves_of_floats(samples, count, halves);
}

}  // namespace reelmend::transport
