// Loops that deserve wider vectors than the baseline. Integer and exact float work only: every clone gives the same
// bits.
#pragma once

#if defined(__x86_64__) && defined(__gnu_linux__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define REELMEND_VECTORISE __attribute__((target_clones("avx2", "default")))
#else
#define REELMEND_VECTORISE
#endif
