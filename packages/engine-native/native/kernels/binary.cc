// Functions of two arrays, one of which may be repeated along the other.
#include <vector>

#include "../elements.h"
#include "../kernels.h"
#include "../parallel.h"

namespace crucible {
namespace {

enum Function { kAdd = 0, kSub = 1, kMultiply = 2, kDivide = 3, kMaximum = 4, kMinimum = 5 };

/**
 * How the operands fit. On an output of [outer, inner] a row has `inner` elements, a column `outer`. On an output of
 * [outer, middle, inner] a frame has [outer, 1, inner].
 */
enum Shape {
  kSame = 0,
  kRightScalar = 1,
  kLeftScalar = 2,
  kRightRow = 3,
  kLeftRow = 4,
  kRightColumn = 5,
  kLeftColumn = 6,
  kRightFrame = 7,
  kLeftFrame = 8
};

/** z = f(x, row) with `row` repeated. Short rows are first tiled, so that the inner loop is long. */
template <class F>
void withRow(const float* x, const float* row, float* z, int64_t outer, int64_t inner, F f) {
  constexpr int64_t kLongRow = 256;
  std::vector<float> tiled;
  int64_t period = inner;
  const float* repeated = row;
  if (inner < kLongRow) {
    const int64_t copies = std::min(outer, kLongRow / inner + 1);
    period = copies * inner;
    tiled.resize(static_cast<size_t>(period));
    for (int64_t i = 0; i < period; ++i) tiled[static_cast<size_t>(i)] = row[i % inner];
    repeated = tiled.data();
  }
  parallelRanges(outer, 1, outer * inner, [&](int64_t begin, int64_t end, int) {
    for (int64_t at = begin * inner; at < end * inner; at += period) {
      const int64_t count = std::min(period, end * inner - at);
      const float* source = x + at;
      float* target = z + at;
#pragma omp simd
      for (int64_t i = 0; i < count; ++i) target[i] = f(source[i], repeated[i]);
    }
  });
}

/** z = f(x, y). Sums of gradients are of this kind: large, and read late. */
template <class F>
void withSame(const float* x, const float* y, float* z, int64_t size, F f) {
  const bool streams = shouldStream(z, size, 64);
  parallelElements(size, [&](int64_t begin, int64_t end) {
    const int64_t whole = streams ? begin + (end - begin) / 8 * 8 : begin;
    for (int64_t i = begin; i < whole; i += 8) {
      float eight[8];
#pragma omp simd
      for (int64_t j = 0; j < 8; ++j) eight[j] = f(x[i + j], y[i + j]);
      stream8(z + i, load8(eight));
    }
    if (streams) endStream();
#pragma omp simd
    for (int64_t i = whole; i < end; ++i) z[i] = f(x[i], y[i]);
  });
}

template <class F>
void withScalar(const float* x, float value, float* z, int64_t size, F f) {
  parallelElements(size, [&](int64_t begin, int64_t end) {
#pragma omp simd
    for (int64_t i = begin; i < end; ++i) z[i] = f(x[i], value);
  });
}

template <class F>
void withColumn(const float* x, const float* column, float* z, int64_t outer, int64_t inner, F f) {
  parallelRanges(outer, 1, outer * inner, [&](int64_t begin, int64_t end, int) {
    for (int64_t o = begin; o < end; ++o) {
      const float value = column[o];
      const float* source = x + o * inner;
      float* target = z + o * inner;
#pragma omp simd
      for (int64_t i = 0; i < inner; ++i) target[i] = f(source[i], value);
    }
  });
}

template <class F>
void withFrame(const float* x, const float* frame, float* z, int64_t outer, int64_t middle, int64_t inner, F f) {
  parallelRanges(outer * middle, 1, outer * middle * inner, [&](int64_t begin, int64_t end, int) {
    for (int64_t row = begin; row < end; ++row) {
      const float *source = x + row * inner, *repeated = frame + row / middle * inner;
      float* target = z + row * inner;
#pragma omp simd
      for (int64_t i = 0; i < inner; ++i) target[i] = f(source[i], repeated[i]);
    }
  });
}

/** Sizes of the output as the shapes read it. */
struct Extent {
  int64_t outer, middle, inner;
  int64_t size() const { return outer * middle * inner; }
};

template <class F>
void apply(const float* a, const float* b, float* z, const Extent& extent, int64_t shape, F f) {
  const auto [outer, middle, inner] = extent;
  const auto flipped = [f](float right, float left) { return f(left, right); };
  const int64_t size = extent.size();
  switch (shape) {
    case kSame:
      withSame(a, b, z, size, f);
      break;
    case kRightScalar: withScalar(a, b[0], z, size, f); break;
    case kLeftScalar: withScalar(b, a[0], z, size, flipped); break;
    case kRightRow: withRow(a, b, z, outer, inner, f); break;
    case kLeftRow: withRow(b, a, z, outer, inner, flipped); break;
    case kRightColumn: withColumn(a, b, z, outer, inner, f); break;
    case kLeftColumn: withColumn(b, a, z, outer, inner, flipped); break;
    case kRightFrame: withFrame(a, b, z, outer, middle, inner, f); break;
    case kLeftFrame: withFrame(b, a, z, outer, middle, inner, flipped); break;
    default: throw std::invalid_argument("unknown shape");
  }
}

/** binary(function, a, b, out, shape, outer, middle, inner): `middle` is 1 but for frames. */
napi_value binary(const Args& args) {
  const int64_t shape = args.integer(4);
  const Extent extent{args.integer(5), args.integer(6), args.integer(7)};
  const int64_t size = extent.size();
  const auto operandSize = [&](int64_t scalar, int64_t row, int64_t column, int64_t frame) {
    if (shape == scalar) return int64_t{1};
    if (shape == row) return extent.inner;
    if (shape == column) return extent.outer;
    return shape == frame ? extent.outer * extent.inner : size;
  };
  const float* a = args.floats(1, operandSize(kLeftScalar, kLeftRow, kLeftColumn, kLeftFrame));
  const float* b = args.floats(2, operandSize(kRightScalar, kRightRow, kRightColumn, kRightFrame));
  float* z = args.floats(3, size);
  switch (args.integer(0)) {
    case kAdd: apply(a, b, z, extent, shape, [](float p, float q) { return p + q; }); break;
    case kSub: apply(a, b, z, extent, shape, [](float p, float q) { return p - q; }); break;
    case kMultiply: apply(a, b, z, extent, shape, [](float p, float q) { return p * q; }); break;
    case kDivide: apply(a, b, z, extent, shape, [](float p, float q) { return p / q; }); break;
    case kMaximum: apply(a, b, z, extent, shape, [](float p, float q) { const float m = p > q ? p : q; return p != p ? p : m; }); break;
    case kMinimum: apply(a, b, z, extent, shape, [](float p, float q) { const float m = p < q ? p : q; return p != p ? p : m; }); break;
    default: throw std::invalid_argument("unknown function");
  }
  return nullptr;
}

}  // namespace

void registerBinary(Exports& exports) { exports.add("binary", entry<binary>); }

}  // namespace crucible
