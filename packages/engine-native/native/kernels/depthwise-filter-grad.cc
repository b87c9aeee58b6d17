// Filter gradient of depthwise convolutions with wide filters. oneDNN has fast code for filters three wide alone and
// takes about eight times as long for wider ones.
#include <vector>

#include "../channel-loops.h"
#include "../kernels.h"
#include "../parallel.h"

namespace crucible {
namespace {

/** The Int32Array that describes the convolution; one filter per channel. */
struct DepthwiseShape {
  int32_t batch, inHeight, inWidth, channels, outHeight, outWidth;
  int32_t filterHeight, filterWidth, strideHeight, strideWidth, padTop, padLeft, dilationHeight, dilationWidth;
};
constexpr size_t kFields = sizeof(DepthwiseShape) / sizeof(int32_t);

/**
 * Adds what one row of dy and one row of x give to one row of the filter, for 8 * V channels.
 * The sums of a filter row stay in registers along the image row.
 */
template <int kWidth, int V>
void addRow(const DepthwiseShape& s, const float* x, const float* dy, float* dw) {
  const int64_t channels = s.channels;
  Float8 sums[kWidth][V] = {};
  for (int64_t column = 0; column < s.outWidth; ++column) {
    const int64_t first = column * s.strideWidth - s.padLeft;
    const bool isInside = first >= 0 && first + (kWidth - 1) * s.dilationWidth < s.inWidth;
    Float8 slope[V];
#pragma GCC unroll 2
    for (int v = 0; v < V; ++v) slope[v] = load8(dy + column * channels + 8 * v);
#pragma GCC unroll 8
    for (int k = 0; k < kWidth; ++k) {
      const int64_t at = first + k * s.dilationWidth;
      if (!isInside && (at < 0 || at >= s.inWidth)) continue;
#pragma GCC unroll 2
      for (int v = 0; v < V; ++v) sums[k][v] += slope[v] * load8(x + at * channels + 8 * v);
    }
  }
#pragma GCC unroll 8
  for (int k = 0; k < kWidth; ++k) {
#pragma GCC unroll 2
    for (int v = 0; v < V; ++v) {
      float* target = dw + k * channels + 8 * v;
      store8(target, load8(target) + sums[k][v]);
    }
  }
}

/** Filter gradient of one image, added to `dw`. */
template <int kWidth>
void addImage(const DepthwiseShape& s, const float* x, const float* dy, float* dw) {
  // five sums of two registers each keep both units busy; seven would not fit
  constexpr int kWide = kWidth <= 5 ? 2 : 1;
  const int64_t channels = s.channels;
  for (int64_t row = 0; row < s.outHeight; ++row) {
    for (int64_t k = 0; k < s.filterHeight; ++k) {
      const int64_t from = row * s.strideHeight - s.padTop + k * s.dilationHeight;
      if (from < 0 || from >= s.inHeight) continue;
      const float *source = x + from * s.inWidth * channels, *slope = dy + row * s.outWidth * channels;
      float* target = dw + k * kWidth * channels;
      int64_t c = 0;
      for (; c + 8 * kWide <= channels; c += 8 * kWide) addRow<kWidth, kWide>(s, source + c, slope + c, target + c);
      for (; c < channels; c += 8) addRow<kWidth, 1>(s, source + c, slope + c, target + c);
    }
  }
}

/** depthwiseFilterGrad(x, dy, dw, shape): filters five or seven wide, channels a multiple of 8. */
napi_value depthwiseFilterGrad(const Args& args) {
  DepthwiseShape s;
  const int32_t* fields = args.ints(3, kFields);
  std::copy(fields, fields + kFields, reinterpret_cast<int32_t*>(&s));
  if (s.channels % 8 != 0) throw std::invalid_argument("channels must be a multiple of 8");
  if (s.filterWidth != 5 && s.filterWidth != 7) throw std::invalid_argument("the filter must be 5 or 7 wide");
  const int64_t imageIn = int64_t{s.inHeight} * s.inWidth * s.channels;
  const int64_t imageOut = int64_t{s.outHeight} * s.outWidth * s.channels;
  const int64_t size = int64_t{s.filterHeight} * s.filterWidth * s.channels;
  const float *x = args.floats(0, s.batch * imageIn), *dy = args.floats(1, s.batch * imageOut);
  float* dw = args.floats(2, size);

  const int64_t work = s.batch * imageOut * s.filterHeight * s.filterWidth;
  const int threads = threadsFor(work);
  std::vector<double> totals(static_cast<size_t>(threads * size), 0.0);
  parallelRanges(s.batch, 1, work, [&](int64_t begin, int64_t end, int thread) {
    std::vector<float> image(static_cast<size_t>(size));
    double* total = totals.data() + thread * size;
    for (int64_t n = begin; n < end; ++n) {
      std::fill(image.begin(), image.end(), 0.f);
      const auto add = s.filterWidth == 5 ? addImage<5> : addImage<7>;
      add(s, x + n * imageIn, dy + n * imageOut, image.data());
      for (int64_t i = 0; i < size; ++i) total[i] += image[static_cast<size_t>(i)];
    }
  });
  for (int64_t i = 0; i < size; ++i) {
    double total = 0;
    for (int64_t thread = 0; thread < threads; ++thread) total += totals[static_cast<size_t>(thread * size + i)];
    dw[i] = static_cast<float>(total);
  }
  return nullptr;
}

}  // namespace

void registerDepthwiseFilterGrad(Exports& exports) { exports.add("depthwiseFilterGrad", entry<depthwiseFilterGrad>); }

}  // namespace crucible
