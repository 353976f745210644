// Frames as the wire knows them: planar float32, top row first; their digests and proxies (proto/…/engine.proto).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace reelmend::transport {

struct FrameFormat {
    uint32_t width = 0;
    uint32_t height = 0;
    uint32_t channels = 3;

    size_t plane_samples() const { return size_t{width} * height; }
    size_t samples() const { return plane_samples() * channels; }
    size_t bytes() const { return samples() * sizeof(float); }
    bool operator==(const FrameFormat& other) const {
        return width == other.width && height == other.height && channels == other.channels;
    }
};

using Digest = std::array<uint8_t, 16>;

// Interleaved float pixels as a host hands them over. `top_row` points at the top picture row; the next lower one lies
// `row_stride_bytes` further, which is negative in a bottom-up image.
struct HostPixels {
    const float* top_row = nullptr;
    ptrdiff_t row_stride_bytes = 0;
    uint32_t width = 0;
    uint32_t height = 0;
    uint32_t components = 4;  // 4: RGBA, 3: RGB; the wire takes the first three

    FrameFormat format() const { return {width, height, 3}; }
};

// The largest proxy grid: columns × rows.
constexpr uint32_t kProxyColumns = 320;
constexpr uint32_t kProxyRows = 180;

FrameFormat proxy_format(const FrameFormat& full);

// Digest of the three colour planes, read once, row by row.
Digest digest_of(const HostPixels& pixels);

// The area-averaged proxy, planar, proxy_format(pixels.format()).samples() floats.
void make_proxy(const HostPixels& pixels, float* planes);

// The colour planes themselves, pixels.format().samples() floats.
void pack(const HostPixels& pixels, float* planes);

// Digest and proxy in one pass over the pixels.
Digest digest_and_proxy(const HostPixels& pixels, float* proxy_planes);

}  // namespace reelmend::transport
