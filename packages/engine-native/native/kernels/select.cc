// Choice between two arrays.
#include "../kernels.h"
#include "../parallel.h"

namespace crucible {
namespace {

/** select(condition, whenTrue, whenFalse, out, inner): each condition decides over `inner` elements. */
napi_value select(const Args& args) {
  const int64_t rows = args.length(0), inner = args.integer(4);
  const uint8_t* condition = args.bytes(0, rows);
  const float *a = args.floats(1, rows * inner), *b = args.floats(2, rows * inner);
  float* out = args.floats(3, rows * inner);
  parallelRanges(rows, 64, rows * inner, [&](int64_t begin, int64_t end, int) {
    if (inner == 1) {
#pragma omp simd
      for (int64_t i = begin; i < end; ++i) {
        const float whenTrue = a[i], whenFalse = b[i];
        out[i] = condition[i] != 0 ? whenTrue : whenFalse;
      }
      return;
    }
    for (int64_t row = begin; row < end; ++row) {
      const float* source = (condition[row] != 0 ? a : b) + row * inner;
      std::copy(source, source + inner, out + row * inner);
    }
  });
  return nullptr;
}

}  // namespace

void registerSelect(Exports& exports) { exports.add("select", entry<select>); }

}  // namespace crucible
