// What a 2-D convolution of one shape is prepared as.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "onednn.h"
#include "window-columns.h"

namespace crucible {

enum Kind { kForward = 0, kBackwardData = 1, kBackwardWeights = 2 };
enum Layout { kNhwc = 0, kBlocked16 = 1 };

/** What a plan depends on; the order is that of the Int32Array JavaScript fills. */
struct ConvShape {
  int32_t kind, batch, inHeight, inWidth, inChannels, filterHeight, filterWidth, outChannels, outHeight, outWidth;
  int32_t strideHeight, strideWidth, padTop, padLeft, padBottom, padRight, dilationHeight, dilationWidth, groups;
  int32_t hasBias, activation, isInference, layout, winograd, isBf16;
};

/** Copies one cell of a filter, all its channels, to its place in a turned and reordered copy. */
struct TapReorder {
  int64_t offset;  // of the cell among the user's floats
  dnnl::memory user, packed;
  dnnl::reorder reorder;
};

struct ConvPlan {
  Kind kind = kForward;
  dnnl::primitive primitive;
  dnnl::memory source, weights, destination, bias, scratchpad, userWeights;
  dnnl::reorder reorder;  // user weights to packed, or packed gradient to user's
  std::vector<TapReorder> taps;  // in place of `reorder` where the filter is turned
  size_t columnBytes = 0;        // of the windows where the convolution is done as a matrix product
  WindowShape windows{};
  dnnl::memory columns, product;
  bool hasBias = false;
  bool isBf16 = false;
  bool needsReorder = false;
  size_t packedBytes = 0;
  size_t scratchBytes = 0;
  int64_t sourceSize = 0, weightsSize = 0, destinationSize = 0, biasSize = 0;
};

/** Throws `dnnl::error` if oneDNN refuses the shape. */
std::unique_ptr<ConvPlan> makeConvPlan(const ConvShape& shape);

}  // namespace crucible
