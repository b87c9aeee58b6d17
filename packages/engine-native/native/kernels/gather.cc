// Rows picked by index, and the reverse: rows added up by index.
#include <cstring>
#include <vector>

#include "../kernels.h"
#include "../parallel.h"

namespace crucible {
namespace {

/** gather(x, indices, y, batch, outer, rows, inner): y[b, o, i] = x[b, o, indices[b, i]], each of `inner` elements. */
napi_value gather(const Args& args) {
  const int64_t batch = args.integer(3), outer = args.integer(4), rows = args.integer(5), inner = args.integer(6);
  const int64_t picked = args.length(1) / std::max<int64_t>(batch, 1);
  const float* x = args.floats(0, batch * outer * rows * inner);
  const int32_t* indices = args.ints(1, batch * picked);
  float* y = args.floats(2, batch * outer * picked * inner);
  for (int64_t i = 0; i < batch * picked; ++i) {
    if (indices[i] < 0 || indices[i] >= rows) {
      throw std::invalid_argument("index " + std::to_string(indices[i]) + " is not in [0, " + std::to_string(rows) + ")");
    }
  }
  parallelRanges(batch * outer * picked, 1, batch * outer * picked * inner, [&](int64_t begin, int64_t end, int) {
    for (int64_t at = begin; at < end; ++at) {
      const int64_t frame = at / picked, i = at % picked;
      const float* source = x + (frame * rows + indices[frame / outer * picked + i]) * inner;
      std::memcpy(y + at * inner, source, static_cast<size_t>(inner) * sizeof(float));
    }
  });
  return nullptr;
}

/** segmentSum(x, ids, y, segments, inner): y[s] = sum of x[i] with ids[i] = s; rows with an id outside are left out. */
napi_value segmentSum(const Args& args) {
  const int64_t rows = args.length(1), segments = args.integer(3), inner = args.integer(4);
  const float* x = args.floats(0, rows * inner);
  const int32_t* ids = args.ints(1, rows);
  float* y = args.floats(2, segments * inner);
  // columns are shared among threads, so that the order of each sum does not depend on them
  parallelRanges(inner, 16, rows * inner, [&](int64_t begin, int64_t end, int) {
    for (int64_t s = 0; s < segments; ++s) std::fill(y + s * inner + begin, y + s * inner + end, 0.f);
    for (int64_t row = 0; row < rows; ++row) {
      if (ids[row] < 0 || ids[row] >= segments) continue;
      const float* source = x + row * inner;
      float* target = y + ids[row] * inner;
#pragma omp simd
      for (int64_t i = begin; i < end; ++i) target[i] += source[i];
    }
  });
  return nullptr;
}

}  // namespace

void registerGather(Exports& exports) {
  exports.add("gather", entry<gather>);
  exports.add("segmentSum", entry<segmentSum>);
}

}  // namespace crucible
