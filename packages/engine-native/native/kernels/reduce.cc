// Sum and maximum over the middle axis of [outer, reduced, inner], and the spreading back of a sum's gradient.
#include <cmath>
#include <vector>

#include "../kernels.h"
#include "../parallel.h"

namespace crucible {
namespace {

/** Rows summed in float before the total is carried on in double. */
constexpr int64_t kBlock = 256;

/** Adds rows [begin, end) of `x`, columns [first, last) of `width`, to `total`. */
template <class T>
void addRows(const T* x, int64_t width, int64_t begin, int64_t end, int64_t first, int64_t last, double* total,
             std::vector<float>& block) {
  block.resize(static_cast<size_t>(last - first));
  for (int64_t row = begin; row < end; row += kBlock) {
    std::fill(block.begin(), block.end(), 0.f);
    float* sums = block.data();
    for (int64_t r = row; r < std::min(end, row + kBlock); ++r) {
      const T* source = x + r * width + first;
#pragma omp simd
      for (int64_t i = 0; i < last - first; ++i) sums[i] += load(source, i);
    }
    for (int64_t i = 0; i < last - first; ++i) total[i] += sums[i];
  }
}

template <class T>
double sumOf(const T* x, int64_t count) {
  double total = 0;
  for (int64_t at = 0; at < count; at += 4096) {
    float block = 0;
#pragma omp simd reduction(+ : block)
    for (int64_t i = at; i < std::min(count, at + 4096); ++i) block += load(x, i);
    total += block;
  }
  return total;
}

template <class T>
void sumWhole(const T* x, float* y, int64_t count, double scale) {
  std::vector<double> part(static_cast<size_t>(omp_get_max_threads()), 0.0);
  parallelRanges(count, 4096, count, [&](int64_t begin, int64_t end, int thread) {
    part[static_cast<size_t>(thread)] = sumOf(x + begin, end - begin);
  });
  double total = 0;
  for (const double value : part) total += value;
  y[0] = static_cast<float>(total * scale);
}

/** One [reduced, inner] matrix to its column sums, rows shared among threads. */
template <class T>
void sumColumns(const T* x, float* y, int64_t reduced, int64_t inner, double scale) {
  const int threads = omp_get_max_threads();
  std::vector<double> parts(static_cast<size_t>(threads * inner), 0.0);
  parallelRanges(reduced, 1, reduced * inner, [&](int64_t begin, int64_t end, int thread) {
    std::vector<float> block;
    addRows(x, inner, begin, end, 0, inner, &parts[static_cast<size_t>(thread * inner)], block);
  });
  for (int64_t i = 0; i < inner; ++i) {
    double total = 0;
    for (int thread = 0; thread < threads; ++thread) total += parts[static_cast<size_t>(thread * inner + i)];
    y[i] = static_cast<float>(total * scale);
  }
}

template <class T>
void sumMiddle(const T* x, float* y, int64_t outer, int64_t reduced, int64_t inner, double scale) {
  if (inner == 1 && outer == 1) {
    sumWhole(x, y, reduced, scale);
  } else if (inner == 1) {
    parallelRanges(outer, 1, outer * reduced, [&](int64_t begin, int64_t end, int) {
      for (int64_t o = begin; o < end; ++o) y[o] = static_cast<float>(sumOf(x + o * reduced, reduced) * scale);
    });
  } else if (outer == 1 && inner <= 4096) {
    sumColumns(x, y, reduced, inner, scale);
  } else {
    // Pieces of one image and up to 1024 columns: enough of them for any number of threads.
    constexpr int64_t kColumns = 1024;
    const int64_t pieces = (inner + kColumns - 1) / kColumns;
    parallelRanges(outer * pieces, 1, outer * reduced * inner, [&](int64_t begin, int64_t end, int) {
      std::vector<float> block;
      std::vector<double> total;
      for (int64_t piece = begin; piece < end; ++piece) {
        const int64_t o = piece / pieces, first = piece % pieces * kColumns, last = std::min(inner, first + kColumns);
        total.assign(static_cast<size_t>(last - first), 0.0);
        addRows(x + o * reduced * inner, inner, 0, reduced, first, last, total.data(), block);
        for (int64_t i = first; i < last; ++i) {
          y[o * inner + i] = static_cast<float>(total[static_cast<size_t>(i - first)] * scale);
        }
      }
    });
  }
}

/** sum(x, y, outer, reduced, inner, scale): y[o, i] = scale * sum over r of x[o, r, i]; x may be bf16. */
napi_value sum(const Args& args) {
  const int64_t outer = args.integer(2), reduced = args.integer(3), inner = args.integer(4);
  const double scale = args.number(5);
  withElements(args, 0, [&](auto element) {
    const auto* x = args.elements<decltype(element)>(0, outer * reduced * inner);
    sumMiddle(x, args.floats(1, outer * inner), outer, reduced, inner, scale);
  });
  return nullptr;
}

/** max(x, y, outer, reduced, inner): NaN if any element is. */
napi_value max(const Args& args) {
  const int64_t outer = args.integer(2), reduced = args.integer(3), inner = args.integer(4);
  const float* x = args.floats(0, outer * reduced * inner);
  float* y = args.floats(1, outer * inner);
  parallelRanges(outer, 1, outer * reduced * inner, [&](int64_t begin, int64_t end, int) {
    for (int64_t o = begin; o < end; ++o) {
      float* best = y + o * inner;
      for (int64_t i = 0; i < inner; ++i) best[i] = -INFINITY;
      for (int64_t r = 0; r < reduced; ++r) {
        const float* source = x + (o * reduced + r) * inner;
#pragma omp simd
        for (int64_t i = 0; i < inner; ++i) {
          const float larger = source[i] > best[i] ? source[i] : best[i];
          best[i] = source[i] != source[i] ? source[i] : larger;
        }
      }
    }
  });
  return nullptr;
}

template <class T>
void expandMiddle(const float* dy, T* dx, int64_t outer, int64_t reduced, int64_t inner, float scale) {
  parallelRanges(outer * reduced, 1, outer * reduced * inner, [&](int64_t begin, int64_t end, int) {
    if (inner == 1) {
      for (int64_t row = begin; row < end;) {
        const int64_t o = row / reduced, last = std::min(end, (o + 1) * reduced);
        const float value = dy[o] * scale;
#pragma omp simd
        for (int64_t r = row; r < last; ++r) store(dx, r, value);
        row = last;
      }
      return;
    }
    for (int64_t row = begin; row < end; ++row) {
      const float* source = dy + row / reduced * inner;
      T* target = dx + row * inner;
#pragma omp simd
      for (int64_t i = 0; i < inner; ++i) store(target, i, source[i] * scale);
    }
  });
}

/** expand(dy, dx, outer, reduced, inner, scale): dx[o, r, i] = scale * dy[o, i]; dx may be bf16. */
napi_value expand(const Args& args) {
  const int64_t outer = args.integer(2), reduced = args.integer(3), inner = args.integer(4);
  const float scale = static_cast<float>(args.number(5));
  const float* dy = args.floats(0, outer * inner);
  withElements(args, 1, [&](auto element) {
    expandMiddle(dy, args.elements<decltype(element)>(1, outer * reduced * inner), outer, reduced, inner, scale);
  });
  return nullptr;
}

}  // namespace

void registerReduce(Exports& exports) {
  exports.add("sum", entry<sum>);
  exports.add("max", entry<max>);
  exports.add("expand", entry<expand>);
}

}  // namespace crucible
