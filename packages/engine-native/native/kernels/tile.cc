// An array repeated along its axes.
#include <cstring>

#include "../kernels.h"
#include "../parallel.h"

namespace crucible {
namespace {

constexpr int kMaxRank = 6;

/** tile(fields, x, y): `fields` holds the rank r, then r dims of x and r counts of repetition. */
napi_value tile(const Args& args) {
  const int32_t* fields = args.ints(0, 1);
  const int rank = fields[0];
  if (rank < 1 || rank > kMaxRank) throw std::invalid_argument("rank must lie between 1 and 6");
  args.ints(0, 1 + 2 * rank);
  const int32_t *dims = fields + 1, *counts = dims + rank;
  int64_t sizeX = 1, rows = 1, copies = 1;
  for (int axis = 0; axis < rank; ++axis) {
    if (dims[axis] < 1 || counts[axis] < 1) throw std::invalid_argument("dims and counts must be at least 1");
    sizeX *= dims[axis];
    copies *= counts[axis];
    if (axis < rank - 1) rows *= int64_t{dims[axis]} * counts[axis];
  }
  const float* x = args.floats(1, sizeX);
  float* y = args.floats(2, sizeX * copies);
  const int64_t run = dims[rank - 1], repeats = counts[rank - 1];
  parallelRanges(rows, 1, sizeX * copies, [&](int64_t begin, int64_t end, int) {
    for (int64_t row = begin; row < end; ++row) {
      int64_t rest = row, from = 0, stride = run;
      for (int axis = rank - 2; axis >= 0; --axis) {
        const int64_t length = int64_t{dims[axis]} * counts[axis];
        from += rest % length % dims[axis] * stride;
        rest /= length;
        stride *= dims[axis];
      }
      float* target = y + row * run * repeats;
      for (int64_t i = 0; i < repeats; ++i, target += run) {
        std::memcpy(target, x + from, static_cast<size_t>(run) * sizeof(float));
      }
    }
  });
  return nullptr;
}

}  // namespace

void registerTile(Exports& exports) { exports.add("tile", entry<tile>); }

}  // namespace crucible
