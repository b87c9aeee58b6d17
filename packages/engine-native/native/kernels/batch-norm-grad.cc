// Batch normalisation, backward: two passes, sums per channel and then the gradient of the input.
#include <cmath>

#include "../batch-norm-passes.h"
#include "../channel-loops.h"
#include "../kernels.h"
#include "../onednn.h"
#include "../parallel.h"

namespace crucible {
namespace {

/** Per channel: sums of the masked dy and of dy * (x - mean). */
template <Mask kMask, class T>
void channelSums(const Pass<T>& p, ChannelTotals& totals) {
  forPanels(p.layout, [&](const PanelPart& part) {
    addGradientSums<kMask>(p, part, totals.first(part.thread), totals.second(part.thread));
  });
}

template <Mask kMask, class T>
void inputGradient(const Pass<T>& p, T* dx, const Coefficients& coefficients) {
  forPanels(p.layout, [&](const PanelPart& part) { inputGradientPart<kMask>(p, dx, coefficients, part); });
}

template <Mask kMask, class T>
void trainGradient(const Args& args, const ChannelLayout& layout, float epsilon) {
  const int64_t size = layout.size(), channels = layout.channels();
  const T *dy = args.elements<T>(0, size), *x = args.elements<T>(1, size);
  const T* y = isOfOutput(kMask) ? args.elements<T>(2, size) : nullptr;
  const float *gamma = args.floats(3, channels), *beta = args.floats(4, channels);
  const float* mean = args.floats(5, 2 * channels);
  const float* variance = mean + channels;
  T* dx = args.elements<T>(6, size);
  float *dgamma = args.floats(7, channels), *dbeta = args.floats(8, channels);
  T* dresidual = isOfOutput(kMask) ? args.elementsOrNull<T>(9, size) : nullptr;

  Coefficients coefficients(layout);
  std::vector<float> scale(static_cast<size_t>(channels)), shift(scale.size());
  for (int64_t i = 0; i < channels; ++i) {
    const auto at = static_cast<size_t>(i);
    scale[at] = normalScale(gamma[i], variance[i], epsilon);
    shift[at] = normalShift(beta[i], mean[i], scale[at]);
    coefficients.scale.set(i, scale[at]);
    coefficients.shift.set(i, shift[at]);
  }
  Pass<T> pass{dy, x, y, mean, dresidual, scale.data(), shift.data(), layout};
  pass.streams = dresidual != nullptr && shouldStream(dresidual, size, layout.panelChannels);
  ChannelTotals totals(threadsFor(size), channels);
  channelSums<kMask>(pass, totals);

  const double rows = static_cast<double>(layout.rows());
  for (int64_t i = 0; i < channels; ++i) {
    const ChannelGradient g = channelGradient(totals.joinFirst(i), totals.joinSecond(i), gamma[i], mean[i], variance[i],
                                              epsilon, rows);
    dgamma[i] = g.dgamma;
    dbeta[i] = g.dbeta;
    coefficients.a.set(i, g.a);
    coefficients.b.set(i, g.b);
    coefficients.c.set(i, g.c);
  }
  if (dresidual == nullptr) return inputGradient<kMask>(pass, dx, coefficients);
  pass.dy = dresidual;  // masked already
  inputGradient<Mask::kNone>(pass, dx, coefficients);
}

/** Activation codes of `onednn.h` to masks. */
Mask maskOf(Activation activation, bool hasResidual) {
  switch (activation) {
    case Activation::kNone: return Mask::kNone;
    case Activation::kRelu: return hasResidual ? Mask::kRelu : Mask::kReluOfInput;
    case Activation::kRelu6: return hasResidual ? Mask::kRelu6 : Mask::kRelu6OfInput;
  }
  throw std::invalid_argument("unknown activation");
}

/**
 * batchNormTrainGrad(dy, x, y | null, gamma, beta, statistics, dx, dgamma, dbeta, dresidual | null,
 *                    layout, epsilon, activation)
 *
 * `y` and `dresidual`, which receives the masked dy, are for an activation after a residual. Without an
 * activation the residual's gradient is dy itself.
 */
napi_value batchNormTrainGrad(const Args& args) {
  const ChannelLayout layout = ChannelLayout::from(args, 10);
  const float epsilon = static_cast<float>(args.number(11));
  const Mask mask = maskOf(static_cast<Activation>(args.integer(12)), !args.isNull(9));
  withElements(args, 1, [&](auto element) {
    using T = decltype(element);
    switch (mask) {
      case Mask::kNone: trainGradient<Mask::kNone, T>(args, layout, epsilon); break;
      case Mask::kRelu: trainGradient<Mask::kRelu, T>(args, layout, epsilon); break;
      case Mask::kRelu6: trainGradient<Mask::kRelu6, T>(args, layout, epsilon); break;
      case Mask::kReluOfInput: trainGradient<Mask::kReluOfInput, T>(args, layout, epsilon); break;
      case Mask::kRelu6OfInput: trainGradient<Mask::kRelu6OfInput, T>(args, layout, epsilon); break;
    }
  });
  return nullptr;
}

/**
 * batchNormGrad(dy, x, mean, variance, gamma | null, dx, dmean, dvariance, dgamma, dbeta, layout, epsilon):
 * all gradients when mean and variance are inputs of their own.
 */
napi_value batchNormGrad(const Args& args) {
  const ChannelLayout layout = ChannelLayout::from(args, 10);
  const int64_t channels = layout.channels(), size = layout.size();
  const double epsilon = args.number(11);
  const float *mean = args.floats(2, channels), *variance = args.floats(3, channels);
  const float* gamma = args.floatsOrNull(4, channels);
  float *dmean = args.floats(6, channels), *dvariance = args.floats(7, channels);
  float *dgamma = args.floats(8, channels), *dbeta = args.floats(9, channels);

  withElements(args, 1, [&](auto element) {
    using T = decltype(element);
    const T *dy = args.elements<T>(0, size), *x = args.elements<T>(1, size);
    T* dx = args.elements<T>(5, size);
    ChannelTotals totals(threadsFor(size), channels);
    const Pass<T> pass{dy, x, nullptr, mean, nullptr, nullptr, nullptr, layout, false};
    channelSums<Mask::kNone>(pass, totals);
    Coefficients coefficients(layout);  // all zero at first
    for (int64_t i = 0; i < channels; ++i) {
      const double r = 1.0 / std::sqrt(static_cast<double>(variance[i]) + epsilon);
      const double slope = (gamma != nullptr ? gamma[i] : 1.0) * r;
      const double sum = totals.joinFirst(i), product = totals.joinSecond(i);
      dmean[i] = static_cast<float>(-slope * sum);
      dvariance[i] = static_cast<float>(-0.5 * slope * r * r * product);
      dgamma[i] = static_cast<float>(product * r);
      dbeta[i] = static_cast<float>(sum);
      coefficients.a.set(i, static_cast<float>(slope));
    }
    inputGradient<Mask::kNone>(pass, dx, coefficients);
  });
  return nullptr;
}

}  // namespace

void registerBatchNormGrad(Exports& exports) {
  exports.add("batchNormTrainGrad", entry<batchNormTrainGrad>);
  exports.add("batchNormGrad", entry<batchNormGrad>);
}

}  // namespace crucible
