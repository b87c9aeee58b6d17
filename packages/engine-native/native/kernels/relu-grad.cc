// Gradient of relu and relu6 in one pass.
#include "../kernels.h"
#include "../parallel.h"

namespace crucible {
namespace {

/** reluGrad(dy, x, dx, upper): dx = dy where 0 < x <= upper, else 0; all float or all bf16. */
napi_value reluGrad(const Args& args) {
  const int64_t size = args.length(0);
  const float upper = static_cast<float>(args.number(3));
  withElements(args, 1, [&](auto element) {
    using T = decltype(element);
    const T *dy = args.elements<T>(0, size), *x = args.elements<T>(1, size);
    T* dx = args.elements<T>(2, size);
    parallelElements(size, [&](int64_t begin, int64_t end) {
#pragma omp simd
      for (int64_t i = begin; i < end; ++i) {
        // both loaded whatever the sign: a load under a condition would keep the loop scalar
        const float slope = load(dy, i), at = load(x, i);
        const float above = at > 0.f ? slope : 0.f;
        store(dx, i, at <= upper ? above : 0.f);
      }
    });
  });
  return nullptr;
}

}  // namespace

void registerReluGrad(Exports& exports) { exports.add("reluGrad", entry<reluGrad>); }

}  // namespace crucible
