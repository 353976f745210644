// The loops over samples, in versions for different processors that give the same bits: memory in, memory out, one row
// or a part of it at a time. Nothing here knows formats, frames or strides.
#pragma once

#include <cstddef>
#include <cstdint>

#include "content_hash.h"

namespace reelmend::transport {

// How far from the samples at hand those lie that will be read next, in bytes.
struct Ahead {
    ptrdiff_t planes = 0;
    ptrdiff_t kept = 0;
};

struct RowKernels {
    const char* name;

    // Samples as floats: integers divided by `unit`.
    void (*floats_of_bytes)(const uint8_t* samples, size_t count, float unit, float* floats);
    void (*floats_of_shorts)(const uint16_t* samples, size_t count, float unit, float* floats);
    void (*floats_of_halves)(const uint16_t* samples, size_t count, float* floats);
    // And back: clamped to 0…255 or 0…65535 and rounded to nearest even, NaN as 0.
    void (*bytes_of_floats)(const float* floats, size_t count, uint8_t* samples);
    void (*shorts_of_floats)(const float* floats, size_t count, uint16_t* samples);
    void (*halves_of_floats)(const float* floats, size_t count, uint16_t* samples);

    // Interleaved pixels of 3 or 4 components, to planes of their first three and back (the fourth from `alpha`'s
    // fourth, or nothing).
    void (*take_apart)(const float* pixels, uint32_t components, size_t width, ptrdiff_t ahead, float* const planes[3]);
    void (*put_together)(const float* const planes[3], const float* alpha, uint32_t components, size_t width,
                         float* pixels);
    // RGBA in place: colour / alpha (or · alpha), and colour / otherwise (or · otherwise) where alpha is 0 or not
    // finite.
    void (*divide_by_alpha)(float* pixels, size_t width, float otherwise);
    void (*multiply_with_alpha)(float* pixels, const float* alpha, size_t width, float otherwise);
    void (*scale)(float* samples, size_t count, float factor);

    // target = the value is the one that was sent ? kept : fresh. Equal values and NaN beside NaN are the same.
    void (*choose_bytes)(const float* values, const float* sent, const uint8_t* fresh, const uint8_t* kept,
                         size_t count, uint8_t* target);
    void (*choose_shorts)(const float* values, const float* sent, const uint16_t* fresh, const uint16_t* kept,
                          size_t count, uint16_t* target);
    void (*choose_floats)(const float* values, const float* sent, const float* fresh, const float* kept, size_t count,
                          float* target);
    // Planes, put together with the alpha of `kept`, chosen over it; RGBA floats. `past_cache` as below.
    void (*choose_rgba)(const float* const planes[3], const float* kept, size_t width, bool past_cache,
                        const Ahead& ahead, float* target);

    void (*hash)(XXH3_state_t* state, const void* data, size_t size);
    // A copy that goes past the cache where the processor can; fence() before anybody else may read it.
    void (*copy_past_cache)(const void* from, size_t size, void* to);
    void (*fence)();

    // Whether each sample's magnitude is at most `limit`; NaN's is not.
    bool (*within)(const float* samples, size_t count, float limit);
    // Adds round-half-even(sample·2^20); no sum may leave 32 bits.
    void (*add_small_fixed)(const float* samples, size_t width, int32_t* sums);
    // Marks in `valid` (-1 or 0) the pixels whose three samples are finite, and returns how many are not.
    int32_t (*find_valid)(const float* const planes[3], size_t width, int32_t* valid);
    // Adds round-half-even(clamp(sample, ±2047)·2^20); each must be finite.
    void (*add_fixed)(const float* samples, size_t width, int64_t* sums);
};

// The fastest version that this processor runs. REELMEND_PLAIN_PIXELS=1 in the environment, read once, forces the plain
// one; so does use_plain_rows(true), for tests.
const RowKernels& row_kernels();
void use_plain_rows(bool plain);

extern const RowKernels kPlainRowKernels;
#ifdef REELMEND_HAS_AVX2
extern const RowKernels kAvx2RowKernels;
#endif

}  // namespace reelmend::transport
