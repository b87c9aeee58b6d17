// Comparisons of two arrays and logic, with results of one byte each; running sums.
#include "../kernels.h"
#include "../parallel.h"

namespace crucible {
namespace {

enum Function { kGreater = 0, kGreaterEqual = 1, kLess = 2, kLessEqual = 3, kEqual = 4, kNotEqual = 5, kAnd = 6, kOr = 7 };

/** Extents of the output and, for each operand, its steps along them; 0 where it is repeated. */
struct Extent {
  int64_t outer, middle, inner;
  int64_t stepsA[3], stepsB[3];

  /** Elements that an operand must have. */
  int64_t reach(const int64_t* steps) const {
    return (outer - 1) * steps[0] + (middle - 1) * steps[1] + (inner - 1) * steps[2] + 1;
  }
};

template <class T, class F>
void apply(const T* a, const T* b, uint8_t* z, const Extent& e, F f) {
  parallelRanges(e.outer * e.middle, 1, e.outer * e.middle * e.inner, [&](int64_t begin, int64_t end, int) {
    const int64_t stepA = e.stepsA[2], stepB = e.stepsB[2];
    for (int64_t row = begin; row < end; ++row) {
      const T* left = a + row / e.middle * e.stepsA[0] + row % e.middle * e.stepsA[1];
      const T* right = b + row / e.middle * e.stepsB[0] + row % e.middle * e.stepsB[1];
      uint8_t* target = z + row * e.inner;
      for (int64_t i = 0; i < e.inner; ++i) target[i] = f(left[i * stepA], right[i * stepB]) ? 1 : 0;
    }
  });
}

template <class T>
void run(int64_t function, const T* a, const T* b, uint8_t* z, const Extent& e) {
  switch (function) {
    case kGreater: apply(a, b, z, e, [](T p, T q) { return p > q; }); break;
    case kGreaterEqual: apply(a, b, z, e, [](T p, T q) { return p >= q; }); break;
    case kLess: apply(a, b, z, e, [](T p, T q) { return p < q; }); break;
    case kLessEqual: apply(a, b, z, e, [](T p, T q) { return p <= q; }); break;
    case kEqual: apply(a, b, z, e, [](T p, T q) { return p == q; }); break;
    case kNotEqual: apply(a, b, z, e, [](T p, T q) { return p != q; }); break;
    case kAnd: apply(a, b, z, e, [](T p, T q) { return p != 0 && q != 0; }); break;
    case kOr: apply(a, b, z, e, [](T p, T q) { return p != 0 || q != 0; }); break;
    default: throw std::invalid_argument("unknown function");
  }
}

/** compare(function, a, b, out, extent): `extent` has outer, middle, inner, then three steps of a and three of b. */
napi_value compare(const Args& args) {
  const int32_t* f = args.ints(4, 9);
  const Extent e{f[0], f[1], f[2], {f[3], f[4], f[5]}, {f[6], f[7], f[8]}};
  if (e.outer < 1 || e.middle < 1 || e.inner < 1) throw std::invalid_argument("the output is empty");
  const int64_t function = args.integer(0);
  uint8_t* z = args.bytes(3, e.outer * e.middle * e.inner);
  if (function >= kAnd) run(function, args.bytes(1, e.reach(e.stepsA)), args.bytes(2, e.reach(e.stepsB)), z, e);
  else run(function, args.floats(1, e.reach(e.stepsA)), args.floats(2, e.reach(e.stepsB)), z, e);
  return nullptr;
}

/** cumulate(x, y, outer, columns, inner, exclusive, reverse): running sums along the middle axis. */
napi_value cumulate(const Args& args) {
  const int64_t outer = args.integer(2), columns = args.integer(3), inner = args.integer(4);
  const bool isExclusive = args.integer(5) != 0, isReverse = args.integer(6) != 0;
  const float* x = args.floats(0, outer * columns * inner);
  float* y = args.floats(1, outer * columns * inner);
  parallelRanges(outer * inner, 1, outer * columns * inner, [&](int64_t begin, int64_t end, int) {
    for (int64_t row = begin; row < end; ++row) {
      const int64_t first = row / inner * columns * inner + row % inner;
      double total = 0;
      for (int64_t i = 0; i < columns; ++i) {
        const int64_t at = first + (isReverse ? columns - 1 - i : i) * inner;
        const double next = total + x[at];
        y[at] = static_cast<float>(isExclusive ? total : next);
        total = next;
      }
    }
  });
  return nullptr;
}

}  // namespace

void registerCompare(Exports& exports) {
  exports.add("compare", entry<compare>);
  exports.add("cumulate", entry<cumulate>);
}

}  // namespace crucible
