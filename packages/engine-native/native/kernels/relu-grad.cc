// Gradient of relu and relu6 in one pass.
#include "../kernels.h"
#include "../parallel.h"

namespace crucible {
namespace {

/** reluGrad(dy, x, dx, upper): dx = dy where 0 < x <= upper, else 0. */
napi_value reluGrad(const Args& args) {
  const int64_t size = args.length(0);
  const float* dy = args.floats(0, size);
  const float* x = args.floats(1, size);
  float* dx = args.floats(2, size);
  const float upper = static_cast<float>(args.number(3));
  parallelElements(size, [&](int64_t begin, int64_t end) {
#pragma omp simd
    for (int64_t i = begin; i < end; ++i) {
      // both loaded whatever the sign: a load under a condition would keep the loop scalar
      const float slope = dy[i], at = x[i];
      const float above = at > 0.f ? slope : 0.f;
      dx[i] = at <= upper ? above : 0.f;
    }
  });
  return nullptr;
}

}  // namespace

void registerReluGrad(Exports& exports) { exports.add("reluGrad", entry<reluGrad>); }

}  // namespace crucible
