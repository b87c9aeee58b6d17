// Lays the windows of a convolution side by side, so that its filter gradient becomes one matrix product.
#include <cstring>

#include "../kernels.h"
#include "../parallel.h"

namespace crucible {
namespace {

struct WindowShape {
  int32_t batch, inHeight, inWidth, channels, outHeight, outWidth;
  int32_t filterHeight, filterWidth, strideHeight, strideWidth, padTop, padLeft, dilationHeight, dilationWidth;
};
constexpr size_t kFields = sizeof(WindowShape) / sizeof(int32_t);

/** im2col(x, columns, shape): columns is [batch * outHeight * outWidth, filterHeight * filterWidth * channels], all bf16. */
napi_value im2col(const Args& args) {
  WindowShape s;
  const int32_t* fields = args.ints(2, kFields);
  std::copy(fields, fields + kFields, reinterpret_cast<int32_t*>(&s));
  const int64_t channels = s.channels, image = int64_t{s.inHeight} * s.inWidth * channels;
  const int64_t pixels = int64_t{s.batch} * s.outHeight * s.outWidth;
  const int64_t window = int64_t{s.filterHeight} * s.filterWidth * channels;
  const Bf16* x = args.bf16(0, s.batch * image);
  Bf16* columns = args.bf16(1, pixels * window);
  const size_t cell = static_cast<size_t>(channels) * sizeof(Bf16);
  parallelRanges(pixels, 1, pixels * window, [&](int64_t begin, int64_t end, int) {
    for (int64_t at = begin; at < end; ++at) {
      const int64_t outColumn = at % s.outWidth, outRow = at / s.outWidth % s.outHeight;
      const Bf16* source = x + at / s.outWidth / s.outHeight * image;
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
  return nullptr;
}

}  // namespace

void registerIm2col(Exports& exports) { exports.add("im2col", entry<im2col>); }

}  // namespace crucible
