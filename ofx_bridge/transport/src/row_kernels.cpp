#include "row_kernels.h"

#include <atomic>
#include <cstdlib>
#include <cstring>

namespace reelmend::transport {

namespace {

const RowKernels& fastest() {
#ifdef REELMEND_HAS_AVX2
    const char* plain = std::getenv("REELMEND_PLAIN_PIXELS");
    const bool forced = plain != nullptr && std::strcmp(plain, "") != 0 && std::strcmp(plain, "0") != 0;
    if (!forced && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("f16c")) return kAvx2RowKernels;
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
