// Batch normalisation, backward: two passes, sums per channel and then the gradient of the input.
#include <cmath>

#include "../channel-loops.h"
#include "../kernels.h"
#include "../onednn.h"
#include "../parallel.h"

namespace crucible {
namespace {

/**
 * Where the activation was flat is read off its output, or, without a residual, computed anew from x with the
 * forward pass's own scale and shift: that saves reading the output twice.
 */
enum class Mask { kNone, kRelu, kRelu6, kReluOfInput, kRelu6OfInput };

constexpr bool isOfInput(Mask mask) { return mask == Mask::kReluOfInput || mask == Mask::kRelu6OfInput; }
constexpr bool isOfOutput(Mask mask) { return mask == Mask::kRelu || mask == Mask::kRelu6; }
constexpr bool hasUpperBound(Mask mask) { return mask == Mask::kRelu6 || mask == Mask::kRelu6OfInput; }

/** What arrives at the normalised value: dy, or zero where the activation's output `y` was flat. */
template <Mask kMask>
inline float masked(float dy, float y) {
  if (kMask == Mask::kNone) return dy;
  const float above = y > 0.f ? dy : 0.f;
  if (!hasUpperBound(kMask)) return above;
  return y < 6.f ? above : 0.f;
}

template <Mask kMask>
inline Float8 masked8(Float8 dy, Float8 y) {
  if (kMask == Mask::kNone) return dy;
  const Float8 zero{};
  const Float8 above = y > zero ? dy : zero;
  if (!hasUpperBound(kMask)) return above;
  return y < zero + 6.f ? above : zero;
}

/** Inputs of both passes; `maskedOut`, if not null, receives the masked dy. */
template <class T>
struct Pass {
  const T *dy, *x, *y;
  const float* mean;
  T* maskedOut;
  const float *scale, *shift;  // per channel, for masks of the input
  ChannelLayout layout;
};

template <int V, Mask kMask, class T>
void sumsBlock(const Pass<T>& p, const PanelPart& part, int64_t c, int64_t begin, int64_t end, double* sum, double* product) {
  Float8 m[V], s[V], q[V], scale[V], shift[V];
  for (int v = 0; v < V; ++v) {
    const int64_t channel = part.channel + c + 8 * v;
    m[v] = load8(p.mean + channel);
    if (isOfInput(kMask)) {
      scale[v] = load8(p.scale + channel);
      shift[v] = load8(p.shift + channel);
    }
    s[v] = q[v] = Float8{};
  }
  for (int64_t row = begin; row < end; ++row) {
    const int64_t at = part.base + row * p.layout.panelChannels + c;
#pragma GCC unroll 4
    for (int v = 0; v < V; ++v) {
      const Float8 x = load8(p.x + at + 8 * v);
      Float8 d = load8(p.dy + at + 8 * v);
      if (isOfOutput(kMask)) d = masked8<kMask>(d, load8(p.y + at + 8 * v));
      if (isOfInput(kMask)) d = masked8<kMask>(d, x * scale[v] + shift[v]);
      if (p.maskedOut != nullptr) store8(p.maskedOut + at + 8 * v, d);
      s[v] += d;
      q[v] += d * (x - m[v]);
    }
  }
  for (int v = 0; v < V; ++v) {
    for (int i = 0; i < 8; ++i) {
      sum[c + 8 * v + i] += s[v][i];
      product[c + 8 * v + i] += q[v][i];
    }
  }
}

template <Mask kMask, class T>
void sumsRest(const Pass<T>& p, const PanelPart& part, int64_t c, int64_t count, int64_t begin, int64_t end, double* sum, double* product) {
  float s[8] = {}, q[8] = {};
  for (int64_t row = begin; row < end; ++row) {
    const int64_t at = part.base + row * p.layout.panelChannels + c;
    for (int64_t i = 0; i < count; ++i) {
      const int64_t channel = part.channel + c + i;
      const float x = load(p.x, at + i);
      float d = load(p.dy, at + i);
      if (isOfOutput(kMask)) d = masked<kMask>(d, load(p.y, at + i));
      if (isOfInput(kMask)) d = masked<kMask>(d, x * p.scale[channel] + p.shift[channel]);
      if (p.maskedOut != nullptr) store(p.maskedOut, at + i, d);
      s[i] += d;
      q[i] += d * (x - p.mean[channel]);
    }
  }
  for (int64_t i = 0; i < count; ++i) {
    sum[c + i] += s[i];
    product[c + i] += q[i];
  }
}

/** Per channel: sums of the masked dy and of dy * (x - mean). */
template <Mask kMask, class T>
void channelSums(const Pass<T>& p, ChannelTotals& totals) {
  const int64_t width = p.layout.panelChannels, step = rowsPerBlock(width);
  forPanels(p.layout, [&](const PanelPart& part) {
    double *sum = totals.first(part.thread) + part.channel, *product = totals.second(part.thread) + part.channel;
    for (int64_t row = part.begin; row < part.end; row += step) {
      const int64_t last = std::min(part.end, row + step);
      forChannelBlocks(
          width,
          [&](auto lanes, int64_t c) {
            sumsBlock<decltype(lanes)::value, kMask>(p, part, c, row, last, sum, product);
          },
          [&](int64_t c, int64_t count) { sumsRest<kMask>(p, part, c, count, row, last, sum, product); });
    }
  });
}

/** Coefficients of dx = a * masked(dy) + b * x + c, and the forward pass's for masks of the input. */
struct Coefficients {
  explicit Coefficients(const ChannelLayout& layout) : a(layout), b(layout), c(layout), scale(layout), shift(layout) {}
  Tiled a, b, c, scale, shift;
};

template <Mask kMask, class T>
void inputGradient(const Pass<T>& p, T* dx, const Coefficients& coefficients) {
  forPanels(p.layout, [&](const PanelPart& part) {
    const float *a = coefficients.a.at(part.channel), *b = coefficients.b.at(part.channel),
                *c = coefficients.c.at(part.channel), *scale = coefficients.scale.at(part.channel),
                *shift = coefficients.shift.at(part.channel);
    forPeriods(part.begin, part.end, p.layout.panelChannels, [&](int64_t offset, int64_t count) {
      const int64_t at = part.base + offset;
      const T *slope = p.dy + at, *source = p.x + at, *out = isOfOutput(kMask) ? p.y + at : nullptr;
      T* target = dx + at;
#pragma omp simd
      for (int64_t i = 0; i < count; ++i) {
        const float x = load(source, i);
        float d = load(slope, i);
        if (isOfOutput(kMask)) d = masked<kMask>(d, load(out, i));
        if (isOfInput(kMask)) d = masked<kMask>(d, x * scale[i] + shift[i]);
        store(target, i, d * a[i] + x * b[i] + c[i]);
      }
    });
  });
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
  ChannelTotals totals(threadsFor(size), channels);
  channelSums<kMask>(pass, totals);

  // dx = gamma * r * (dy - mean(dy) - (x - mean) * r^2 * mean(dy * (x - mean))), r = 1 / sqrt(variance + epsilon)
  const double rows = static_cast<double>(layout.rows());
  for (int64_t i = 0; i < channels; ++i) {
    const double r = 1.0 / std::sqrt(static_cast<double>(variance[i]) + epsilon);
    const double sum = totals.joinFirst(i), product = totals.joinSecond(i);
    const double slope = gamma[i] * r, curve = -slope * r * r * product / rows;
    dgamma[i] = static_cast<float>(product * r);
    dbeta[i] = static_cast<float>(sum);
    coefficients.a.set(i, static_cast<float>(slope));
    coefficients.b.set(i, static_cast<float>(curve));
    coefficients.c.set(i, static_cast<float>(-slope * sum / rows - curve * mean[i]));
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
    const Pass<T> pass{dy, x, nullptr, mean, nullptr, nullptr, nullptr, layout};
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
