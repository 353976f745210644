#include <cstring>

#include "planar.h"

namespace reelmend::transport {

namespace {

constexpr uint32_t kSampleTypeFloat32 = 1;

Digest canonical(const XXH128_hash_t& hash) {
    XXH128_canonical_t bytes;
    XXH128_canonicalFromHash(&bytes, hash);
    Digest digest;
    std::memcpy(digest.data(), bytes.digest, digest.size());
    return digest;
}

void put_little_endian(uint32_t value, uint8_t* bytes) {
    for (int i = 0; i < 4; ++i) bytes[i] = static_cast<uint8_t>(value >> (8 * i));
}

}  // namespace

FrameDigest::FrameDigest(const FrameFormat& format, const RowKernels& kernels) : format_(format), kernels_(kernels) {
    for (auto& plane : planes_) {
        XXH3_INITSTATE(&plane);
        XXH3_128bits_reset(&plane);
    }
}

void FrameDigest::add(const PlanarRow& row) {
    const size_t bytes = size_t{format_.width} * sizeof(float);
    for (size_t i = 0; i < format_.channels; ++i) kernels_.hash(&planes_[i], row.planes[i], bytes);
}

Digest FrameDigest::finish() const {
    std::array<uint8_t, 16 + 3 * 16> text{};
    const uint32_t header[4] = {format_.width, format_.height, format_.channels, kSampleTypeFloat32};
    for (size_t i = 0; i < 4; ++i) put_little_endian(header[i], text.data() + 4 * i);
    for (size_t i = 0; i < format_.channels; ++i) {
        const Digest plane = canonical(XXH3_128bits_digest(&planes_[i]));
        std::memcpy(text.data() + 16 * (i + 1), plane.data(), plane.size());
    }
    return canonical(XXH3_128bits(text.data(), 16 * (1 + size_t{format_.channels})));
}

}  // namespace reelmend::transport
