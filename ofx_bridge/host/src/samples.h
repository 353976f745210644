// One sample of each depth to float and back.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstring>

#include "pixels.h"

namespace ofxhost {

// Quiet NaNs with a payload that arithmetic does not produce.
constexpr uint32_t kFloatPoison = 0x7fcb0bad;
constexpr uint16_t kHalfPoison = 0x7e5a;

inline float floatFromHalf(uint16_t half) {
    const uint32_t sign = static_cast<uint32_t>(half & 0x8000U) << 16;
    const uint32_t exponent = (half >> 10) & 0x1fU;
    const uint32_t mantissa = half & 0x3ffU;
    if (exponent == 0) {
        const float small = static_cast<float>(mantissa) * 0x1p-24F;
        return sign != 0 ? -small : small;
    }
    const uint32_t wide = exponent == 31 ? 0x7f800000U : (exponent + 112U) << 23;
    const uint32_t bits = sign | wide | (mantissa << 13);
    float value;
    std::memcpy(&value, &bits, sizeof value);
    return value;
}

// Rounds to nearest, ties to even, as the hardware does.
inline uint16_t halfFromFloat(float value) {
    uint32_t bits;
    std::memcpy(&bits, &value, sizeof bits);
    const auto sign = static_cast<uint16_t>((bits >> 16) & 0x8000U);
    const uint32_t magnitude = bits & 0x7fffffffU;
    if (magnitude > 0x7f800000U) return static_cast<uint16_t>(sign | 0x7e00U | ((magnitude >> 13) & 0x1ffU));
    if (magnitude >= 0x477ff000U) return static_cast<uint16_t>(sign | 0x7c00U);
    if (magnitude < 0x38800000U) {  // a subnormal half: whole steps of 2^-24
        float small;
        std::memcpy(&small, &magnitude, sizeof small);
        return static_cast<uint16_t>(sign | static_cast<uint16_t>(std::nearbyint(small * 0x1p24F)));
    }
    const uint32_t odd = (magnitude >> 13) & 1U;
    return static_cast<uint16_t>(sign | ((magnitude - 0x38000000U + 0xfffU + odd) >> 13));
}

template <class Integer>
Integer integerFromFloat(float value) {
    constexpr float most = static_cast<float>(static_cast<Integer>(-1));
    // A comparison with NaN is false, so NaN becomes 0.
    const float scaled = value > 0.0F ? std::min(value, 1.0F) * most : 0.0F;
    return static_cast<Integer>(scaled + 0.5F);
}

inline float readSample(Depth depth, const std::byte* from) {
    uint16_t wide;
    float value;
    switch (depth) {
        case Depth::Byte:
            return static_cast<float>(*from) / 255.0F;
        case Depth::Short:
            std::memcpy(&wide, from, sizeof wide);
            return static_cast<float>(wide) / 65535.0F;
        case Depth::Half:
            std::memcpy(&wide, from, sizeof wide);
            return floatFromHalf(wide);
        default:
            std::memcpy(&value, from, sizeof value);
            return value;
    }
}

inline void writeSample(Depth depth, std::byte* to, float value) {
    uint16_t wide;
    switch (depth) {
        case Depth::Byte:
            *to = static_cast<std::byte>(integerFromFloat<uint8_t>(value));
            return;
        case Depth::Short:
            wide = integerFromFloat<uint16_t>(value);
            std::memcpy(to, &wide, sizeof wide);
            return;
        case Depth::Half:
            wide = halfFromFloat(value);
            std::memcpy(to, &wide, sizeof wide);
            return;
        default:
            std::memcpy(to, &value, sizeof value);
    }
}

// IEC 61966-2-1.
inline float linearFromSrgb(float value) {
    return value <= 0.04045F ? value / 12.92F : std::pow((value + 0.055F) / 1.055F, 2.4F);
}

}  // namespace ofxhost
