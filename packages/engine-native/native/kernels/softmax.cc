// Softmax and its logarithm over the last axis.
#include <cmath>

#include "../kernels.h"
#include "../parallel.h"

namespace crucible {
namespace {

/** softmax(x, y, rows, columns, logarithm) */
napi_value softmax(const Args& args) {
  const int64_t rows = args.integer(2), columns = args.integer(3);
  const bool logarithm = args.integer(4) != 0;
  const float* x = args.floats(0, rows * columns);
  float* y = args.floats(1, rows * columns);
  constexpr int64_t kCostOfExp = 8;  // in simple operations, for the choice of thread count
  parallelRanges(rows, 1, rows * columns * kCostOfExp, [&](int64_t begin, int64_t end, int) {
    for (int64_t row = begin; row < end; ++row) {
      const float* in = x + row * columns;
      float* out = y + row * columns;
      float largest = -INFINITY;
      for (int64_t c = 0; c < columns; ++c) largest = in[c] > largest ? in[c] : largest;
      double total = 0;
      for (int64_t c = 0; c < columns; ++c) {
        const float power = std::exp(in[c] - largest);
        out[c] = power;
        total += power;
      }
      if (logarithm) {
        const float shift = largest + static_cast<float>(std::log(total));
        for (int64_t c = 0; c < columns; ++c) out[c] = in[c] - shift;
      } else {
        const float factor = static_cast<float>(1.0 / total);
        for (int64_t c = 0; c < columns; ++c) out[c] *= factor;
      }
    }
  });
  return nullptr;
}

}  // namespace

void registerSoftmax(Exports& exports) { exports.add("softmax", entry<softmax>); }

}  // namespace crucible
