// Copies a box of one array into another: the work of slice, concat and pad.
#include <cstring>

#include "../kernels.h"
#include "../parallel.h"

namespace crucible {
namespace {

constexpr int kMaxRank = 6;

/**
 * copyRegion(box, source, target)
 *
 * `box` holds the rank r, then five lists of r integers: source dims, source begin, target dims,
 * target begin, size of the box.
 */
napi_value copyRegion(const Args& args) {
  const int32_t* box = args.ints(0, 1);
  const int rank = box[0];
  if (rank < 1 || rank > kMaxRank) throw std::invalid_argument("rank must lie between 1 and 6");
  args.ints(0, 1 + 5 * rank);
  const int32_t *sourceDims = box + 1, *sourceBegin = sourceDims + rank, *targetDims = sourceBegin + rank,
                *targetBegin = targetDims + rank, *size = targetBegin + rank;
  int64_t sourceSize = 1, targetSize = 1, rows = 1;
  int64_t sourceStride[kMaxRank], targetStride[kMaxRank], sourceOffset = 0, targetOffset = 0;
  for (int axis = rank - 1; axis >= 0; --axis) {
    if (sourceBegin[axis] < 0 || targetBegin[axis] < 0 || size[axis] < 0 ||
        sourceBegin[axis] + size[axis] > sourceDims[axis] || targetBegin[axis] + size[axis] > targetDims[axis]) {
      throw std::invalid_argument("box outside of its array");
    }
    sourceStride[axis] = sourceSize;
    targetStride[axis] = targetSize;
    sourceSize *= sourceDims[axis];
    targetSize *= targetDims[axis];
    sourceOffset += sourceBegin[axis] * sourceStride[axis];
    targetOffset += targetBegin[axis] * targetStride[axis];
    if (axis < rank - 1) rows *= size[axis];
  }
  const float* source = args.floats(1, sourceSize) + sourceOffset;
  float* target = args.floats(2, targetSize) + targetOffset;
  const int64_t run = size[rank - 1];
  if (run == 0 || rows == 0) return nullptr;
  // Axes copied whole on both sides join the innermost run.
  int64_t runLength = run;
  int outerRank = rank - 1;
  while (outerRank > 0 && size[outerRank] == sourceDims[outerRank] && size[outerRank] == targetDims[outerRank]) {
    --outerRank;
    runLength *= size[outerRank];
    rows /= size[outerRank];
  }
  parallelRanges(rows, 1, rows * runLength, [&](int64_t begin, int64_t end, int) {
    for (int64_t row = begin; row < end; ++row) {
      int64_t rest = row, from = 0, to = 0;
      for (int axis = outerRank - 1; axis >= 0; --axis) {
        const int64_t index = rest % size[axis];
        rest /= size[axis];
        from += index * sourceStride[axis];
        to += index * targetStride[axis];
      }
      std::memcpy(target + to, source + from, static_cast<size_t>(runLength) * sizeof(float));
    }
  });
  return nullptr;
}

}  // namespace

void registerCopyRegion(Exports& exports) { exports.add("copyRegion", entry<copyRegion>); }

}  // namespace crucible
