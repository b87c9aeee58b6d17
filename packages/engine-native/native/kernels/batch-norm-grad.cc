// Batch normalisation, backward: two passes, sums per channel and then the gradient of the input.
#include <cmath>

#include "../channel-loops.h"
#include "../kernels.h"
#include "../onednn.h"
#include "../parallel.h"

namespace crucible {
namespace {

/** What arrives at the normalised value: dy, or zero where the activation was flat. */
template <Activation kActivation>
inline float masked(float dy, float y) {
  if (kActivation == Activation::kNone) return dy;
  const float above = y > 0.f ? dy : 0.f;
  if (kActivation == Activation::kRelu) return above;
  return y < 6.f ? above : 0.f;
}

template <Activation kActivation>
inline Float8 masked8(Float8 dy, Float8 y) {
  if (kActivation == Activation::kNone) return dy;
  const Float8 zero{};
  const Float8 above = y > zero ? dy : zero;
  if (kActivation == Activation::kRelu) return above;
  return y < zero + 6.f ? above : zero;
}

/** Inputs of the first pass; `maskedOut`, if not null, receives the masked dy. */
struct Pass {
  const float *dy, *x, *y, *mean;
  float* maskedOut;
  ChannelLayout layout;
};

template <int V, Activation kActivation>
void sumsBlock(const Pass& p, const PanelPart& part, int64_t c, int64_t begin, int64_t end, double* sum, double* product) {
  Float8 m[V], s[V], q[V];
  for (int v = 0; v < V; ++v) {
    m[v] = load8(p.mean + part.channel + c + 8 * v);
    s[v] = q[v] = Float8{};
  }
  for (int64_t row = begin; row < end; ++row) {
    const int64_t at = part.base + row * p.layout.panelChannels + c;
#pragma GCC unroll 4
    for (int v = 0; v < V; ++v) {
      Float8 d = load8(p.dy + at + 8 * v);
      if (kActivation != Activation::kNone) d = masked8<kActivation>(d, load8(p.y + at + 8 * v));
      if (p.maskedOut != nullptr) store8(p.maskedOut + at + 8 * v, d);
      s[v] += d;
      q[v] += d * (load8(p.x + at + 8 * v) - m[v]);
    }
  }
  for (int v = 0; v < V; ++v) {
    for (int i = 0; i < 8; ++i) {
      sum[c + 8 * v + i] += s[v][i];
      product[c + 8 * v + i] += q[v][i];
    }
  }
}

template <Activation kActivation>
void sumsRest(const Pass& p, const PanelPart& part, int64_t c, int64_t count, int64_t begin, int64_t end, double* sum, double* product) {
  float s[8] = {}, q[8] = {};
  for (int64_t row = begin; row < end; ++row) {
    const int64_t at = part.base + row * p.layout.panelChannels + c;
    for (int64_t i = 0; i < count; ++i) {
      const float d = masked<kActivation>(p.dy[at + i], kActivation == Activation::kNone ? 0.f : p.y[at + i]);
      if (p.maskedOut != nullptr) p.maskedOut[at + i] = d;
      s[i] += d;
      q[i] += d * (p.x[at + i] - p.mean[part.channel + c + i]);
    }
  }
  for (int64_t i = 0; i < count; ++i) {
    sum[c + i] += s[i];
    product[c + i] += q[i];
  }
}

/** Per channel: sums of the masked dy and of dy * (x - mean). */
template <Activation kActivation>
void channelSums(const Pass& p, ChannelTotals& totals) {
  const int64_t width = p.layout.panelChannels, step = rowsPerBlock(width);
  forPanels(p.layout, [&](const PanelPart& part) {
    double *sum = totals.first(part.thread) + part.channel, *product = totals.second(part.thread) + part.channel;
    for (int64_t row = part.begin; row < part.end; row += step) {
      const int64_t last = std::min(part.end, row + step);
      forChannelBlocks(
          width,
          [&](auto lanes, int64_t c) {
            sumsBlock<decltype(lanes)::value, kActivation>(p, part, c, row, last, sum, product);
          },
          [&](int64_t c, int64_t count) { sumsRest<kActivation>(p, part, c, count, row, last, sum, product); });
    }
  });
}

/** dx = a * masked(dy) + b * x + c with coefficients per channel. */
template <Activation kActivation>
void inputGradient(const float* dy, const float* x, const float* y, float* dx, const ChannelLayout& layout,
                   const Tiled& slopes, const Tiled& curves, const Tiled& offsets) {
  forPanels(layout, [&](const PanelPart& part) {
    const float *a = slopes.at(part.channel), *b = curves.at(part.channel), *c = offsets.at(part.channel);
    forPeriods(part.begin, part.end, layout.panelChannels, [&](int64_t offset, int64_t count) {
      const int64_t at = part.base + offset;
      const float *slope = dy + at, *source = x + at, *out = kActivation == Activation::kNone ? nullptr : y + at;
      float* target = dx + at;
#pragma omp simd
      for (int64_t i = 0; i < count; ++i) {
        const float d = masked<kActivation>(slope[i], kActivation == Activation::kNone ? 0.f : out[i]);
        target[i] = d * a[i] + source[i] * b[i] + c[i];
      }
    });
  });
}

template <Activation kActivation>
void trainGradient(const Args& args, const ChannelLayout& layout, float epsilon) {
  const int64_t size = layout.size(), channels = layout.channels();
  const float *dy = args.floats(0, size), *x = args.floats(1, size);
  const float* y = kActivation == Activation::kNone ? nullptr : args.floats(2, size);
  const float* gamma = args.floats(3, channels);
  const float* mean = args.floats(4, 2 * channels);
  const float* variance = mean + channels;
  float *dx = args.floats(5, size), *dgamma = args.floats(6, channels), *dbeta = args.floats(7, channels);
  float* dresidual = kActivation == Activation::kNone ? nullptr : args.floatsOrNull(8, size);

  ChannelTotals totals(threadsFor(size), channels);
  channelSums<kActivation>({dy, x, y, mean, dresidual, layout}, totals);

  // dx = gamma * r * (dy - mean(dy) - (x - mean) * r^2 * mean(dy * (x - mean))), r = 1 / sqrt(variance + epsilon)
  Tiled a(layout), b(layout), c(layout);
  const double rows = static_cast<double>(layout.rows());
  for (int64_t i = 0; i < channels; ++i) {
    const double r = 1.0 / std::sqrt(static_cast<double>(variance[i]) + epsilon);
    const double sum = totals.joinFirst(i), product = totals.joinSecond(i);
    const double slope = gamma[i] * r, curve = -slope * r * r * product / rows;
    dgamma[i] = static_cast<float>(product * r);
    dbeta[i] = static_cast<float>(sum);
    a.set(i, static_cast<float>(slope));
    b.set(i, static_cast<float>(curve));
    c.set(i, static_cast<float>(-slope * sum / rows - curve * mean[i]));
  }
  if (dresidual != nullptr) {
    inputGradient<Activation::kNone>(dresidual, x, nullptr, dx, layout, a, b, c);
  } else {
    inputGradient<kActivation>(dy, x, y, dx, layout, a, b, c);
  }
}

/**
 * batchNormTrainGrad(dy, x, y | null, gamma, statistics, dx, dgamma, dbeta, dresidual | null,
 *                    layout, epsilon, activation)
 *
 * `y` is needed if there is an activation. `dresidual` receives the masked dy; without an activation
 * it would be dy itself, so it is not written then.
 */
napi_value batchNormTrainGrad(const Args& args) {
  const ChannelLayout layout = ChannelLayout::from(args, 9);
  const float epsilon = static_cast<float>(args.number(10));
  switch (static_cast<Activation>(args.integer(11))) {
    case Activation::kNone: trainGradient<Activation::kNone>(args, layout, epsilon); break;
    case Activation::kRelu: trainGradient<Activation::kRelu>(args, layout, epsilon); break;
    case Activation::kRelu6: trainGradient<Activation::kRelu6>(args, layout, epsilon); break;
    default: throw std::invalid_argument("unknown activation");
  }
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
  const float *dy = args.floats(0, size), *x = args.floats(1, size);
  const float *mean = args.floats(2, channels), *variance = args.floats(3, channels);
  const float* gamma = args.floatsOrNull(4, channels);
  float *dx = args.floats(5, size), *dmean = args.floats(6, channels), *dvariance = args.floats(7, channels);
  float *dgamma = args.floats(8, channels), *dbeta = args.floats(9, channels);

  ChannelTotals totals(threadsFor(size), channels);
  channelSums<Activation::kNone>({dy, x, nullptr, mean, nullptr, layout}, totals);
  Tiled a(layout), zero(layout);
  for (int64_t i = 0; i < channels; ++i) {
    const double r = 1.0 / std::sqrt(static_cast<double>(variance[i]) + epsilon);
    const double slope = (gamma != nullptr ? gamma[i] : 1.0) * r;
    const double sum = totals.joinFirst(i), product = totals.joinSecond(i);
    dmean[i] = static_cast<float>(-slope * sum);
    dvariance[i] = static_cast<float>(-0.5 * slope * r * r * product);
    dgamma[i] = static_cast<float>(product * r);
    dbeta[i] = static_cast<float>(sum);
    a.set(i, static_cast<float>(slope));
  }
  inputGradient<Activation::kNone>(dy, x, nullptr, dx, layout, a, zero, zero);
  return nullptr;
}

}  // namespace

void registerBatchNormGrad(Exports& exports) {
  exports.add("batchNormTrainGrad", entry<batchNormTrainGrad>);
  exports.add("batchNormGrad", entry<batchNormGrad>);
}

}  // namespace crucible
