// Compiled for AVX2 and F16C, and called only where the processor has them. See row_kernels.inc for what may stand
// here.
#include <immintrin.h>

#include "row_kernels.h"

namespace reelmend::transport {

namespace {

#include "row_kernels.inc"

// Four vectors of two pixels' worth each, (0|4) (1|5) (2|6) (3|7), become the components of eight pixels, and back.
struct Eight {
    __m256 first, second, third, fourth;
};

inline Eight transposed(const Eight& in) {
    const __m256 low_ab = _mm256_unpacklo_ps(in.first, in.second);
    const __m256 high_ab = _mm256_unpackhi_ps(in.first, in.second);
    const __m256 low_cd = _mm256_unpacklo_ps(in.third, in.fourth);
    const __m256 high_cd = _mm256_unpackhi_ps(in.third, in.fourth);
    return {_mm256_shuffle_ps(low_ab, low_cd, 0x44), _mm256_shuffle_ps(low_ab, low_cd, 0xee),
            _mm256_shuffle_ps(high_ab, high_cd, 0x44), _mm256_shuffle_ps(high_ab, high_cd, 0xee)};
}

inline __m256 pixels_apart(const float* low, const float* high) {
    return _mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(low)), _mm_loadu_ps(high), 1);
}

inline Eight eight_pixels(const float* rgba) {
    return {pixels_apart(rgba, rgba + 16), pixels_apart(rgba + 4, rgba + 20), pixels_apart(rgba + 8, rgba + 24),
            pixels_apart(rgba + 12, rgba + 28)};
}

// Asks for the 128 bytes that lie `ahead` of where the loop is.
inline void prefetch(const float* pixels, ptrdiff_t ahead) {
    const char* const next = reinterpret_cast<const char*>(pixels) + ahead;
    _mm_prefetch(next, _MM_HINT_T0);
    _mm_prefetch(next + 64, _MM_HINT_T0);
}

void take_apart(const float* pixels, uint32_t components, size_t width, ptrdiff_t ahead, float* const planes[3]) {
    size_t x = 0;
    if (components == 4) {
        for (; x + 8 <= width; x += 8) {
            prefetch(pixels + 4 * x, ahead);
            const Eight planar = transposed(eight_pixels(pixels + 4 * x));
            _mm256_storeu_ps(planes[0] + x, planar.first);
            _mm256_storeu_ps(planes[1] + x, planar.second);
            _mm256_storeu_ps(planes[2] + x, planar.third);
        }
    }
    float* const rest[3] = {planes[0] + x, planes[1] + x, planes[2] + x};
    plain_take_apart(pixels + components * x, components, width - x, 0, rest);
}

// Two neighbouring pixels each, in order.
inline void in_order(const Eight& apart, __m256 pairs[4]) {
    pairs[0] = _mm256_permute2f128_ps(apart.first, apart.second, 0x20);
    pairs[1] = _mm256_permute2f128_ps(apart.third, apart.fourth, 0x20);
    pairs[2] = _mm256_permute2f128_ps(apart.first, apart.second, 0x31);
    pairs[3] = _mm256_permute2f128_ps(apart.third, apart.fourth, 0x31);
}

inline Eight planar_at(const float* const planes[3], size_t x) {
    return {_mm256_loadu_ps(planes[0] + x), _mm256_loadu_ps(planes[1] + x), _mm256_loadu_ps(planes[2] + x),
            _mm256_setzero_ps()};
}

constexpr int kAlphaLanes = 0x88;

void put_together(const float* const planes[3], const float* alpha, uint32_t components, size_t width, float* pixels) {
    size_t x = 0;
    if (components == 4) {
        for (; x + 8 <= width; x += 8) {
            __m256 pairs[4];
            in_order(transposed(planar_at(planes, x)), pairs);
            for (size_t i = 0; i < 4; ++i) {
                const __m256 opacity = _mm256_loadu_ps(alpha + 4 * x + 8 * i);
                _mm256_storeu_ps(pixels + 4 * x + 8 * i, _mm256_blend_ps(pairs[i], opacity, kAlphaLanes));
            }
        }
    }
    const float* const rest[3] = {planes[0] + x, planes[1] + x, planes[2] + x};
    plain_put_together(rest, alpha + components * x, components, width - x, pixels + components * x);
}

inline __m256 same_lanes(__m256 value, __m256 sent) {
    const __m256 both_nan =
        _mm256_and_ps(_mm256_cmp_ps(value, value, _CMP_UNORD_Q), _mm256_cmp_ps(sent, sent, _CMP_UNORD_Q));
    return _mm256_or_ps(_mm256_cmp_ps(value, sent, _CMP_EQ_OQ), both_nan);
}

// What lies ahead of the loop in each of its inputs, in bytes.
inline void prefetch_inputs(const float* const planes[3], const float* kept, size_t x, const Ahead& ahead) {
    prefetch(kept + 4 * x, ahead.kept);
    for (size_t c = 0; c < 3; ++c) {
        _mm_prefetch(reinterpret_cast<const char*>(planes[c] + x) + ahead.planes, _MM_HINT_T0);
    }
}

// What eight pixels of choose_rgba become.
inline void chosen_pairs(const float* const planes[3], const float* kept, size_t x, __m256 pairs[4]) {
    in_order(transposed(planar_at(planes, x)), pairs);
    for (size_t i = 0; i < 4; ++i) {
        const __m256 source = _mm256_loadu_ps(kept + 4 * x + 8 * i);
        const __m256 chosen = _mm256_blendv_ps(pairs[i], source, same_lanes(pairs[i], source));
        pairs[i] = _mm256_blend_ps(chosen, source, kAlphaLanes);
    }
}

template <bool streaming>
inline size_t choose_eights(const float* const planes[3], const float* kept, size_t x, size_t width, const Ahead& ahead,
                            float* target) {
    for (; x + 8 <= width; x += 8) {
        __m256 pairs[4];
        prefetch_inputs(planes, kept, x, ahead);
        chosen_pairs(planes, kept, x, pairs);
        for (size_t i = 0; i < 4; ++i) {
            float* const to = target + 4 * x + 8 * i;
            if (streaming) {
                _mm256_stream_ps(to, pairs[i]);
            } else {
                _mm256_storeu_ps(to, pairs[i]);
            }
        }
    }
    return x;
}

inline bool aligned_to(const void* pointer, uintptr_t bytes) {
    return reinterpret_cast<uintptr_t>(pointer) % bytes == 0;
}

void choose_rgba(const float* const planes[3], const float* kept, size_t width, bool past_cache, const Ahead& ahead,
                 float* target) {
    size_t x = 0;
    if (past_cache && aligned_to(target, 16)) {
        if (!aligned_to(target, 32) && width > 0) {
            plain_choose_rgba(planes, kept, 1, false, ahead, target);
            x = 1;
        }
        x = choose_eights<true>(planes, kept, x, width, ahead, target);
    } else {
        x = choose_eights<false>(planes, kept, x, width, ahead, target);
    }
    const float* const rest[3] = {planes[0] + x, planes[1] + x, planes[2] + x};
    plain_choose_rgba(rest, kept + 4 * x, width - x, false, ahead, target + 4 * x);
}

inline __m256i rounded_to(const float* values, __m256 most) {
    // max() answers its second operand where the first is NaN.
    const __m256 positive = _mm256_max_ps(_mm256_loadu_ps(values), _mm256_setzero_ps());
    return _mm256_cvtps_epi32(_mm256_min_ps(positive, most));
}

void bytes_of_floats(const float* floats, size_t count, uint8_t* samples) {
    const __m256 most = _mm256_set1_ps(255.0f);
    const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
    size_t i = 0;
    for (; i + 32 <= count; i += 32) {
        const __m256i low = _mm256_packus_epi32(rounded_to(floats + i, most), rounded_to(floats + i + 8, most));
        const __m256i high = _mm256_packus_epi32(rounded_to(floats + i + 16, most), rounded_to(floats + i + 24, most));
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(samples + i),
                            _mm256_permutevar8x32_epi32(_mm256_packus_epi16(low, high), order));
    }
    plain_bytes_of_floats(floats + i, count - i, samples + i);
}

void shorts_of_floats(const float* floats, size_t count, uint16_t* samples) {
    const __m256 most = _mm256_set1_ps(65535.0f);
    size_t i = 0;
    for (; i + 16 <= count; i += 16) {
        const __m256i both = _mm256_packus_epi32(rounded_to(floats + i, most), rounded_to(floats + i + 8, most));
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(samples + i), _mm256_permute4x64_epi64(both, 0xd8));
    }
    plain_shorts_of_floats(floats + i, count - i, samples + i);
}

void floats_of_halves(const uint16_t* samples, size_t count, float* floats) {
    size_t i = 0;
    for (; i + 8 <= count; i += 8) {
        _mm256_storeu_ps(floats + i, _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(samples + i))));
    }
    plain_floats_of_halves(samples + i, count - i, floats + i);
}

void halves_of_floats(const float* floats, size_t count, uint16_t* samples) {
    size_t i = 0;
    for (; i + 8 <= count; i += 8) {
        _mm_storeu_si128(reinterpret_cast<__m128i*>(samples + i),
                         _mm256_cvtps_ph(_mm256_loadu_ps(floats + i), _MM_FROUND_TO_NEAREST_INT));
    }
    plain_halves_of_floats(floats + i, count - i, samples + i);
}

// Per colour lane its pixel's factor_of(alpha); 1 in the alpha lanes.
inline __m256 factors_of(__m256 pixels, __m256 otherwise) {
    const __m256 alpha = _mm256_permute_ps(pixels, 0xff);
    const __m256 magnitude = _mm256_andnot_ps(_mm256_set1_ps(-0.0f), alpha);
    const __m256 usable = _mm256_and_ps(_mm256_cmp_ps(magnitude, _mm256_setzero_ps(), _CMP_GT_OQ),
                                        _mm256_cmp_ps(magnitude, _mm256_set1_ps(__builtin_inff()), _CMP_LT_OQ));
    return _mm256_blend_ps(_mm256_blendv_ps(otherwise, alpha, usable), _mm256_set1_ps(1.0f), kAlphaLanes);
}

void divide_by_alpha(float* pixels, size_t width, float otherwise) {
    const __m256 replacement = _mm256_set1_ps(otherwise);
    size_t x = 0;
    for (; x + 2 <= width; x += 2) {
        const __m256 pair = _mm256_loadu_ps(pixels + 4 * x);
        const __m256 divided = _mm256_div_ps(pair, factors_of(pair, replacement));
        _mm256_storeu_ps(pixels + 4 * x, _mm256_blend_ps(divided, pair, kAlphaLanes));
    }
    plain_divide_by_alpha(pixels + 4 * x, width - x, otherwise);
}

void multiply_with_alpha(float* pixels, const float* alpha, size_t width, float otherwise) {
    const __m256 replacement = _mm256_set1_ps(otherwise);
    size_t x = 0;
    for (; x + 2 <= width; x += 2) {
        const __m256 pair = _mm256_loadu_ps(pixels + 4 * x);
        const __m256 factors = factors_of(_mm256_loadu_ps(alpha + 4 * x), replacement);
        _mm256_storeu_ps(pixels + 4 * x, _mm256_blend_ps(_mm256_mul_ps(pair, factors), pair, kAlphaLanes));
    }
    plain_multiply_with_alpha(pixels + 4 * x, alpha + 4 * x, width - x, otherwise);
}

inline __m256i same_mask(const float* values, const float* sent) {
    return _mm256_castps_si256(same_lanes(_mm256_loadu_ps(values), _mm256_loadu_ps(sent)));
}

// Eight masks of 16 bits.
inline __m128i narrow_mask(const float* values, const float* sent) {
    const __m256i wide = same_mask(values, sent);
    return _mm_packs_epi32(_mm256_castsi256_si128(wide), _mm256_extracti128_si256(wide, 1));
}

void choose_shorts(const float* values, const float* sent, const uint16_t* fresh, const uint16_t* kept, size_t count,
                   uint16_t* target) {
    size_t i = 0;
    for (; i + 8 <= count; i += 8) {
        const __m128i old_samples = _mm_loadu_si128(reinterpret_cast<const __m128i*>(kept + i));
        const __m128i new_samples = _mm_loadu_si128(reinterpret_cast<const __m128i*>(fresh + i));
        _mm_storeu_si128(reinterpret_cast<__m128i*>(target + i),
                         _mm_blendv_epi8(new_samples, old_samples, narrow_mask(values + i, sent + i)));
    }
    plain_choose_shorts(values + i, sent + i, fresh + i, kept + i, count - i, target + i);
}

void choose_bytes(const float* values, const float* sent, const uint8_t* fresh, const uint8_t* kept, size_t count,
                  uint8_t* target) {
    size_t i = 0;
    for (; i + 16 <= count; i += 16) {
        const __m128i mask =
            _mm_packs_epi16(narrow_mask(values + i, sent + i), narrow_mask(values + i + 8, sent + i + 8));
        const __m128i old_samples = _mm_loadu_si128(reinterpret_cast<const __m128i*>(kept + i));
        const __m128i new_samples = _mm_loadu_si128(reinterpret_cast<const __m128i*>(fresh + i));
        _mm_storeu_si128(reinterpret_cast<__m128i*>(target + i), _mm_blendv_epi8(new_samples, old_samples, mask));
    }
    plain_choose_bytes(values + i, sent + i, fresh + i, kept + i, count - i, target + i);
}

void copy_past_cache(const void* from, size_t size, void* to) {
    const auto* source = static_cast<const uint8_t*>(from);
    auto* target = static_cast<uint8_t*>(to);
    const size_t misaligned = (32 - reinterpret_cast<uintptr_t>(target) % 32) % 32;
    const size_t head = misaligned < size ? misaligned : size;
    __builtin_memcpy(target, source, head);
    size_t i = head;
    for (; i + 32 <= size; i += 32) {
        _mm256_stream_si256(reinterpret_cast<__m256i*>(target + i),
                            _mm256_loadu_si256(reinterpret_cast<const __m256i*>(source + i)));
    }
    __builtin_memcpy(target + i, source + i, size - i);
}

void fence() {
    _mm_sfence();
}

bool within(const float* samples, size_t count, float limit) {
    const __m256 most = _mm256_set1_ps(limit);
    const __m256 sign = _mm256_set1_ps(-0.0f);
    __m256 outside = _mm256_setzero_ps();
    size_t i = 0;
    for (; i + 8 <= count; i += 8) {
        const __m256 magnitude = _mm256_andnot_ps(sign, _mm256_loadu_ps(samples + i));
        outside = _mm256_or_ps(outside, _mm256_cmp_ps(magnitude, most, _CMP_NLE_UQ));
    }
    return _mm256_testz_ps(outside, outside) != 0 && plain_within(samples + i, count - i, limit);
}

void add_small_fixed(const float* samples, size_t width, int32_t* sums) {
    const __m256 factor = _mm256_set1_ps(1048576.0f);
    size_t x = 0;
    for (; x + 8 <= width; x += 8) {
        auto* const to = reinterpret_cast<__m256i*>(sums + x);
        const __m256i fixed = _mm256_cvtps_epi32(_mm256_mul_ps(_mm256_loadu_ps(samples + x), factor));
        _mm256_storeu_si256(to, _mm256_add_epi32(_mm256_loadu_si256(to), fixed));
    }
    plain_add_small_fixed(samples + x, width - x, sums + x);
}

}  // namespace

const RowKernels kAvx2RowKernels{
    "AVX2",
    plain_floats_of_bytes,
    plain_floats_of_shorts,
    floats_of_halves,
    bytes_of_floats,
    shorts_of_floats,
    halves_of_floats,
    take_apart,
    put_together,
    divide_by_alpha,
    multiply_with_alpha,
    plain_scale,
    choose_bytes,
    choose_shorts,
    plain_choose_floats,
    choose_rgba,
    plain_hash,
    copy_past_cache,
    fence,
    within,
    add_small_fixed,
    plain_find_valid,
    plain_add_fixed,
};

}  // namespace reelmend::transport
