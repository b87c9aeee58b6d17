// Windows of a convolution laid side by side, so that the convolution becomes one matrix product.
#pragma once

#include <cstdint>
#include <cstring>

#include "elements.h"
#include "parallel.h"

namespace crucible {

struct WindowShape {
  int32_t batch, inHeight, inWidth, channels, outHeight, outWidth;
  int32_t filterHeight, filterWidth, strideHeight, strideWidth, padTop, padLeft, dilationHeight, dilationWidth;

  int64_t image() const { return int64_t{inHeight} * inWidth * channels; }
  int64_t pixels() const { return int64_t{batch} * outHeight * outWidth; }
  int64_t window() const { return int64_t{filterHeight} * filterWidth * channels; }
};

/** Fills `columns`, `[pixels, window]`, from images `x`; cells outside of an image are zero. */
inline void writeColumns(const WindowShape& s, const Bf16* x, Bf16* columns) {
  const int64_t channels = s.channels, window = s.window();
  const size_t cell = static_cast<size_t>(channels) * sizeof(Bf16);
  parallelRanges(s.pixels(), 1, s.pixels() * window, [&](int64_t begin, int64_t end, int) {
    for (int64_t at = begin; at < end; ++at) {
      const int64_t outColumn = at % s.outWidth, outRow = at / s.outWidth % s.outHeight;
      const Bf16* source = x + at / s.outWidth / s.outHeight * s.image();
      Bf16* target = columns + at * window;
      for (int64_t i = 0; i < s.filterHeight; ++i) {
        const int64_t row = outRow * s.strideHeight - s.padTop + i * s.dilationHeight;
        for (int64_t j = 0; j < s.filterWidth; ++j, target += channels) {
          const int64_t column = outColumn * s.strideWidth - s.padLeft + j * s.dilationWidth;
          const bool isInside = row >= 0 && row < s.inHeight && column >= 0 && column < s.inWidth;
          if (isInside) std::memcpy(target, source + (row * s.inWidth + column) * channels, cell);
          else std::memset(target, 0, cell);
        }
      }
    }
  });
}

}  // namespace crucible
