// Simple functions of one array.
#include <cmath>

#include "../kernels.h"
#include "../parallel.h"

namespace crucible {
namespace {

enum Function { kRelu = 0, kRelu6 = 1, kStep = 2, kSquare = 3, kSqrt = 4, kRsqrt = 5, kNeg = 6, kAbs = 7 };

template <class T, class F>
void apply(const T* x, T* y, int64_t size, F f) {
  parallelElements(size, [&](int64_t begin, int64_t end) {
#pragma omp simd
    for (int64_t i = begin; i < end; ++i) store(y, i, f(load(x, i)));
  });
}

template <class T>
void run(int64_t function, const T* x, T* y, int64_t size, float slope) {
  // Comparisons are written so that NaN stays NaN.
  switch (function) {
    case kRelu: apply(x, y, size, [](float v) { return v < 0.f ? 0.f : v; }); break;
    case kRelu6: apply(x, y, size, [](float v) { const float w = v < 0.f ? 0.f : v; return w > 6.f ? 6.f : w; }); break;
    case kStep: apply(x, y, size, [slope](float v) { const float w = v > 0.f ? 1.f : slope; return v != v ? v : w; }); break;
    case kSquare: apply(x, y, size, [](float v) { return v * v; }); break;
    case kSqrt: apply(x, y, size, [](float v) { return std::sqrt(v); }); break;
    case kRsqrt: apply(x, y, size, [](float v) { return 1.f / std::sqrt(v); }); break;
    case kNeg: apply(x, y, size, [](float v) { return -v; }); break;
    case kAbs: apply(x, y, size, [](float v) { return std::fabs(v); }); break;
    default: throw std::invalid_argument("unknown function");
  }
}

/** unary(function, x, y, parameter): `parameter` is the slope of Step at and below zero. x and y float or bf16. */
napi_value unary(const Args& args) {
  const int64_t size = args.length(1);
  const float slope = static_cast<float>(args.number(3));
  withElements(args, 1, [&](auto element) {
    using T = decltype(element);
    run(args.integer(0), args.elements<T>(1, size), args.elements<T>(2, size), size, slope);
  });
  return nullptr;
}

}  // namespace

void registerUnary(Exports& exports) { exports.add("unary", entry<unary>); }

}  // namespace crucible
