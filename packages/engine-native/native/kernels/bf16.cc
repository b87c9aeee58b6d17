// Between float and bf16, and sums that stay in bf16.
#include "../kernels.h"
#include "../parallel.h"

namespace crucible {
namespace {

/** toBf16(floats, halves) */
napi_value toBf16(const Args& args) {
  const int64_t size = args.length(0);
  const float* x = args.floats(0, size);
  Bf16* y = args.bf16(1, size);
  parallelElements(size, [&](int64_t begin, int64_t end) {
#pragma omp simd
    for (int64_t i = begin; i < end; ++i) store(y, i, x[i]);
  });
  return nullptr;
}

/** fromBf16(halves, floats) */
napi_value fromBf16(const Args& args) {
  const int64_t size = args.length(0);
  const Bf16* x = args.bf16(0, size);
  float* y = args.floats(1, size);
  parallelElements(size, [&](int64_t begin, int64_t end) {
#pragma omp simd
    for (int64_t i = begin; i < end; ++i) y[i] = load(x, i);
  });
  return nullptr;
}

/** addBf16(a, b, sum): added as floats, rounded once. */
napi_value addBf16(const Args& args) {
  const int64_t size = args.length(2);
  const Bf16 *a = args.bf16(0, size), *b = args.bf16(1, size);
  Bf16* z = args.bf16(2, size);
  const bool streams = shouldStream(z, size, 64);
  parallelElements(size, [&](int64_t begin, int64_t end) {
    const int64_t whole = streams ? begin + (end - begin) / 8 * 8 : begin;
    for (int64_t i = begin; i < whole; i += 8) stream8(z + i, load8(a + i) + load8(b + i));
    if (streams) endStream();
#pragma omp simd
    for (int64_t i = whole; i < end; ++i) store(z, i, load(a, i) + load(b, i));
  });
  return nullptr;
}

}  // namespace

void registerBf16(Exports& exports) {
  exports.add("toBf16", entry<toBf16>);
  exports.add("fromBf16", entry<fromBf16>);
  exports.add("addBf16", entry<addBf16>);
}

}  // namespace crucible
