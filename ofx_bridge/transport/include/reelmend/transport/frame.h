// Frames as the wire knows them (planar, top row first), and their way from and to a host's pixels: conversion, digest
// and proxy (proto/…/engine.proto).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace reelmend::transport {

// What a host stores per sample. Integers stand for 0.0…1.0: a byte's 255 and a short's 65535 are 1.0.
enum class SampleDepth { byte8, short16, half16, float32 };

// What a plane holds per sample, as numbered on the wire.
enum class SampleType : uint32_t { float32 = 1, float16 = 2 };

constexpr size_t bytes_of(SampleDepth depth) {
    return depth == SampleDepth::byte8 ? 1 : depth == SampleDepth::float32 ? 4 : 2;
}
constexpr size_t bytes_of(SampleType type) {
    return type == SampleType::float16 ? 2 : 4;
}

struct FrameFormat {
    uint32_t width = 0;
    uint32_t height = 0;
    uint32_t channels = 3;
    // float16 in a window: every sample is exactly a half, so that halves may cross.
    SampleType sample_type = SampleType::float32;

    size_t plane_samples() const { return size_t{width} * height; }
    size_t samples() const { return plane_samples() * channels; }
    size_t bytes() const { return samples() * bytes_of(sample_type); }
    bool same_size(const FrameFormat& other) const {
        return width == other.width && height == other.height && channels == other.channels;
    }
    bool operator==(const FrameFormat& other) const { return same_size(other) && sample_type == other.sample_type; }
};

using Digest = std::array<uint8_t, 16>;

// Interleaved pixels as a host hands them over. `top_row` points at the first sample of the top picture row, aligned to
// a sample; the next lower row lies `row_stride_bytes` further, which is negative in a bottom-up image.
//
// The value of a sample is the float32 nearest to what it stands for. Where colours are premultiplied it is
// colour / alpha; pixels whose alpha is 0 or no finite number have no such quotient, and keep their colour as it is.
struct HostPixels {
    const void* top_row = nullptr;
    ptrdiff_t row_stride_bytes = 0;
    uint32_t width = 0;
    uint32_t height = 0;
    uint32_t components = 4;  // 4: RGBA, 3: RGB, of which the wire takes the first three; 1: one plane, such as a mask
    SampleDepth depth = SampleDepth::float32;
    bool premultiplied = false;  // colours were multiplied with alpha; without alpha it means nothing
    bool swapped = false;        // BGRA and BGR

    FrameFormat format() const {
        const bool exact_halves = depth == SampleDepth::half16 && !(premultiplied && components == 4);
        return {width, height, components == 1 ? 1u : 3u, exact_halves ? SampleType::float16 : SampleType::float32};
    }
};

// Where pixels are written to; the fields are those of HostPixels.
struct HostTarget {
    void* top_row = nullptr;
    ptrdiff_t row_stride_bytes = 0;
    uint32_t width = 0;
    uint32_t height = 0;
    uint32_t components = 4;
    SampleDepth depth = SampleDepth::float32;
    bool premultiplied = false;
    bool swapped = false;
};

// A result, or a part of one: `channels` planes (1, which shows as grey, or 3), top row first.
struct PlanarPixels {
    const float* samples = nullptr;
    uint32_t channels = 3;
    size_t row_samples = 0;    // from one row to the next
    size_t plane_samples = 0;  // from one plane to the next
};

// The largest proxy grid: columns × rows.
constexpr uint32_t kProxyColumns = 320;
constexpr uint32_t kProxyRows = 180;

// Proxies are float32, whatever the frame is.
FrameFormat proxy_format(const FrameFormat& full);

// Digest of the float32 values of the planes, read once, row by row.
Digest digest_of(const HostPixels& pixels);

// The area-averaged proxy, planar, proxy_format(pixels.format()).samples() floats.
void make_proxy(const HostPixels& pixels, float* proxy_planes);

// Digest and proxy in one pass over the pixels.
Digest digest_and_proxy(const HostPixels& pixels, float* proxy_planes);

// Writes the planes in this type (pixels.format().samples() samples; floats become the nearest halves, ties to
// even) and returns the digest of their float32 values, in one pass over the pixels.
Digest pack(const HostPixels& pixels, SampleType type, void* planes);

// Puts planes into a host's image: integers are clamped to their range and rounded to nearest (NaN becomes 0), halves
// rounded to nearest even, colours multiplied with alpha where the target is premultiplied (as they are where alpha is
// 0 or not finite, which mirrors reading). Colour only: no image of one component.
//
// Alpha is the source's; 1 when it has none. What the engine left alone comes back bit for bit: a sample whose value is
// the one that pack(source, sent, …) sent takes the source's own bits, where both store samples alike. All have the
// target's size; target and source may be the same memory.
void unpack(const PlanarPixels& planes, const HostPixels& source, const HostTarget& target,
            SampleType sent = SampleType::float32);
// The same for planes of exactly the target's size.
void unpack(const float* planes, uint32_t channels, const HostPixels& source, const HostTarget& target,
            SampleType sent = SampleType::float32);

// The nearest halves, ties to even; the bits of NaN are those of the processor's own conversion.
void to_halves(const float* samples, size_t count, uint16_t* halves);

}  // namespace reelmend::transport
