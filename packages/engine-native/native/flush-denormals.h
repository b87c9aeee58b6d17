// Numbers too small for a full mantissa are taken as zero while a kernel runs.
#pragma once

#include <xmmintrin.h>

namespace crucible {

/**
 * While it lives, the calling thread takes denormal numbers as zero and gives zero for them; threads that it starts
 * inherit that. A velocity that nothing feeds decays into them and stays there, at a hundred times the cost of each
 * operation. JavaScript outside of kernels keeps them, as its standard says.
 */
class FlushDenormals {
 public:
  FlushDenormals() : before_(_mm_getcsr()) { _mm_setcsr(before_ | kFlushToZero | kDenormalsAreZero); }
  ~FlushDenormals() { _mm_setcsr(before_); }
  FlushDenormals(const FlushDenormals&) = delete;
  FlushDenormals& operator=(const FlushDenormals&) = delete;

 private:
  static constexpr unsigned kFlushToZero = 0x8000, kDenormalsAreZero = 0x0040;
  const unsigned before_;
};

}  // namespace crucible
