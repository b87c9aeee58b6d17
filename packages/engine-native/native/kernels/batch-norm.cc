// Batch normalisation, forward, with optional residual and activation in the same pass.
#include "../batch-norm-passes.h"
#include "../channel-loops.h"
#include "../kernels.h"
#include "../onednn.h"
#include "../parallel.h"

namespace crucible {
namespace {

/**
 * Mean and biased variance of each channel in one read.
 * The first element serves as shift: sums of squares around a value near the mean do not cancel.
 */
template <class T>
void moments(const T* x, const ChannelLayout& layout, float* mean, float* variance) {
  const int64_t channels = layout.channels(), width = layout.panelChannels;
  std::vector<float> firsts(static_cast<size_t>(channels));
  for (int64_t c = 0; c < channels; ++c) {
    firsts[static_cast<size_t>(c)] = load(x, c / width * layout.panelRows * width + c % width);
  }
  ChannelTotals totals(threadsFor(layout.size()), channels);
  forPanels(layout, [&](const PanelPart& part) {
    addMoments(x + part.base, width, part.begin, part.end, firsts.data() + part.channel,
               totals.first(part.thread) + part.channel, totals.second(part.thread) + part.channel);
  });
  const double rows = static_cast<double>(layout.rows());
  for (int64_t c = 0; c < channels; ++c) {
    const double offset = totals.joinFirst(c) / rows;
    const double spread = totals.joinSecond(c) / rows - offset * offset;
    mean[c] = static_cast<float>(firsts[static_cast<size_t>(c)] + offset);
    variance[c] = spread < 0 ? 0.f : static_cast<float>(spread);  // NaN passes
  }
}

template <bool kResidual, Activation kActivation, class T>
void scaleShift(const T* x, const T* residual, T* y, const ChannelLayout& layout, const Tiled& scales,
                const Tiled& shifts) {
  forPanels(layout, [&](const PanelPart& part) {
    scaleShiftPart<kResidual, kActivation>(x, residual, y, layout, part, scales, shifts);
  });
}

struct Normalisation {
  ChannelLayout layout;
  const float *mean, *variance, *gamma, *beta;
  float epsilon;
};

template <class T>
void normalise(const Normalisation& n, const T* x, const T* residual, T* y, Activation activation) {
  Tiled scale(n.layout), shift(n.layout);
  for (int64_t c = 0; c < n.layout.channels(); ++c) {
    const float factor = normalScale(n.gamma != nullptr ? n.gamma[c] : 1.f, n.variance[c], n.epsilon);
    scale.set(c, factor);
    shift.set(c, normalShift(n.beta != nullptr ? n.beta[c] : 0.f, n.mean[c], factor));
  }
  const auto run = [&](auto apply) { apply(x, residual, y, n.layout, scale, shift); };
  const bool adds = residual != nullptr;
  switch (activation) {
    case Activation::kNone: adds ? run(scaleShift<true, Activation::kNone, T>) : run(scaleShift<false, Activation::kNone, T>); break;
    case Activation::kRelu: adds ? run(scaleShift<true, Activation::kRelu, T>) : run(scaleShift<false, Activation::kRelu, T>); break;
    case Activation::kRelu6: adds ? run(scaleShift<true, Activation::kRelu6, T>) : run(scaleShift<false, Activation::kRelu6, T>); break;
  }
}

/**
 * batchNormTrain(x, residual | null, gamma, beta, y, statistics, movingMean | null, movingVariance | null,
 *                layout, epsilon, momentum, activation)
 *
 * `statistics` receives mean and biased variance, one of each per channel. The moving variance takes the
 * unbiased one, as PyTorch does.
 */
napi_value batchNormTrain(const Args& args) {
  const ChannelLayout layout = ChannelLayout::from(args, 8);
  const int64_t channels = layout.channels(), size = layout.size();
  const float* gamma = args.floats(2, channels);
  const float* beta = args.floats(3, channels);
  float* mean = args.floats(5, 2 * channels);
  float* variance = mean + channels;
  float* movingMean = args.floatsOrNull(6, channels);
  float* movingVariance = args.floatsOrNull(7, channels);
  const float epsilon = static_cast<float>(args.number(9)), momentum = static_cast<float>(args.number(10));
  withElements(args, 0, [&](auto element) {
    using T = decltype(element);
    const T *x = args.elements<T>(0, size), *residual = args.elementsOrNull<T>(1, size);
    moments(x, layout, mean, variance);
    const Normalisation n{layout, mean, variance, gamma, beta, epsilon};
    normalise<T>(n, x, residual, args.elements<T>(4, size), static_cast<Activation>(args.integer(11)));
  });
  if (movingMean == nullptr || movingVariance == nullptr) return nullptr;
  const auto rows = static_cast<float>(layout.rows());
  const float unbias = rows > 1 ? rows / (rows - 1) : 1.f;
  for (int64_t c = 0; c < channels; ++c) {
    movingMean[c] = momentum * movingMean[c] + (1.f - momentum) * mean[c];
    movingVariance[c] = momentum * movingVariance[c] + (1.f - momentum) * unbias * variance[c];
  }
  return nullptr;
}

/** batchNorm(x, mean, variance, gamma | null, beta | null, y, layout, epsilon) with given statistics. */
napi_value batchNorm(const Args& args) {
  const ChannelLayout layout = ChannelLayout::from(args, 6);
  const int64_t channels = layout.channels();
  const Normalisation n{layout,
                        args.floats(1, channels),
                        args.floats(2, channels),
                        args.floatsOrNull(3, channels),
                        args.floatsOrNull(4, channels),
                        static_cast<float>(args.number(7))};
  withElements(args, 0, [&](auto element) {
    using T = decltype(element);
    normalise<T>(n, args.elements<T>(0, layout.size()), nullptr, args.elements<T>(5, layout.size()), Activation::kNone);
  });
  return nullptr;
}

}  // namespace

void registerBatchNorm(Exports& exports) {
  exports.add("batchNormTrain", entry<batchNormTrain>);
  exports.add("batchNorm", entry<batchNorm>);
}

}  // namespace crucible
