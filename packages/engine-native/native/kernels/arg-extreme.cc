// Where the largest or smallest element lies, and the k largest.
#include <algorithm>
#include <numeric>
#include <vector>

#include "../kernels.h"
#include "../parallel.h"

namespace crucible {
namespace {

/** argExtreme(x, y, outer, reduced, inner, sign): first index of the largest sign * x over the middle axis. */
napi_value argExtreme(const Args& args) {
  const int64_t outer = args.integer(2), reduced = args.integer(3), inner = args.integer(4);
  const float sign = static_cast<float>(args.number(5));
  const float* x = args.floats(0, outer * reduced * inner);
  int32_t* y = args.ints(1, outer * inner);
  parallelRanges(outer, 1, outer * reduced * inner, [&](int64_t begin, int64_t end, int) {
    std::vector<float> most(static_cast<size_t>(inner));
    for (int64_t o = begin; o < end; ++o) {
      float* best = most.data();
      int32_t* index = y + o * inner;
      for (int64_t i = 0; i < inner; ++i) {
        best[i] = sign * x[o * reduced * inner + i];
        index[i] = 0;
      }
      for (int64_t r = 1; r < reduced; ++r) {
        const float* source = x + (o * reduced + r) * inner;
        const auto row = static_cast<int32_t>(r);
#pragma omp simd
        for (int64_t i = 0; i < inner; ++i) {
          const float value = sign * source[i];
          const bool wins = value > best[i];
          best[i] = wins ? value : best[i];
          index[i] = wins ? row : index[i];
        }
      }
    }
  });
  return nullptr;
}

/** topK(x, values, indices, rows, columns, k): the k largest of each row, largest first, the first of equals first. */
napi_value topK(const Args& args) {
  const int64_t rows = args.integer(3), columns = args.integer(4), k = args.integer(5);
  if (k < 1 || k > columns) throw std::invalid_argument("k must lie between 1 and the number of columns");
  const float* x = args.floats(0, rows * columns);
  float* values = args.floats(1, rows * k);
  int32_t* indices = args.ints(2, rows * k);
  constexpr int64_t kCostOfComparison = 8;  // in simple operations, for the choice of thread count
  parallelRanges(rows, 1, rows * columns * kCostOfComparison, [&](int64_t begin, int64_t end, int) {
    std::vector<int32_t> order(static_cast<size_t>(columns));
    for (int64_t row = begin; row < end; ++row) {
      const float* in = x + row * columns;
      const auto comesFirst = [in](int32_t a, int32_t b) {
        const bool isNanA = in[a] != in[a], isNanB = in[b] != in[b];  // last, so that the order is one
        if (isNanA != isNanB) return isNanB;
        return in[a] > in[b] || (!(in[a] < in[b]) && a < b);
      };
      std::iota(order.begin(), order.end(), 0);
      std::partial_sort(order.begin(), order.begin() + k, order.end(), comesFirst);
      for (int64_t i = 0; i < k; ++i) {
        indices[row * k + i] = order[static_cast<size_t>(i)];
        values[row * k + i] = in[order[static_cast<size_t>(i)]];
      }
    }
  });
  return nullptr;
}

}  // namespace

void registerArgExtreme(Exports& exports) {
  exports.add("argExtreme", entry<argExtreme>);
  exports.add("topK", entry<topK>);
}

}  // namespace crucible
