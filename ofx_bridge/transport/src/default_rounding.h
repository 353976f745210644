// Hosts run plug-ins with whatever floating-point modes they like: flushed denormals, other roundings.
#pragma once

#if defined(__x86_64__) || defined(_M_X64)
#include <xmmintrin.h>
#endif

namespace reelmend::transport {

// While it lives: round to nearest even, denormals as they are, no traps. Puts the thread's modes back.
class DefaultRounding {
  public:
#if defined(__x86_64__) || defined(_M_X64)
    DefaultRounding() : before_(_mm_getcsr()) { _mm_setcsr(kDefault); }
    ~DefaultRounding() { _mm_setcsr(before_); }
#else
    DefaultRounding() = default;
#endif
    DefaultRounding(const DefaultRounding&) = delete;
    DefaultRounding& operator=(const DefaultRounding&) = delete;

  private:
#if defined(__x86_64__) || defined(_M_X64)
    static constexpr unsigned kDefault = 0x1f80;
    unsigned before_;
#endif
};

}  // namespace reelmend::transport
