#include "row_kernels.h"

#ifdef REELMEND_HAS_AVX2
#include <cpuid.h>
#endif

#include <atomic>
#include <cstdlib>
#include <cstring>

namespace reelmend::transport {

namespace {

#ifdef REELMEND_HAS_AVX2
// Whether the processor has them, and the system keeps their registers. __builtin_cpu_supports would need tables of
// libgcc's, which the runtime of the portable build lacks.
bool has_avx2_and_f16c() {
    constexpr unsigned kWanted = bit_OSXSAVE | bit_AVX | bit_F16C;
    constexpr unsigned kVectorState = 0b110;  // XMM and YMM
    unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
    if (__get_cpuid(1, &eax, &ebx, &ecx, &edx) == 0 || (ecx & kWanted) != kWanted) return false;
    unsigned kept = 0, kept_high = 0;
    __asm__("xgetbv" : "=a"(kept), "=d"(kept_high) : "c"(0));
    if ((kept & kVectorState) != kVectorState) return false;
    return __get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) != 0 && (ebx & bit_AVX2) != 0;
}
#endif

const RowKernels& fastest() {
#ifdef REELMEND_HAS_AVX2
    const char* plain = std::getenv("REELMEND_PLAIN_PIXELS");
    const bool forced = plain != nullptr && std::strcmp(plain, "") != 0 && std::strcmp(plain, "0") != 0;
    if (!forced && has_avx2_and_f16c()) return kAvx2RowKernels;
#endif
    return kPlainRowKernels;
}

std::atomic<bool> plain_wanted{false};

}  // namespace

const RowKernels& row_kernels() {
    static const RowKernels& chosen = fastest();
    return plain_wanted.load(std::memory_order_relaxed) ? kPlainRowKernels : chosen;
}

void use_plain_rows(bool plain) {
    plain_wanted = plain;
}

}  // namespace reelmend::transport
