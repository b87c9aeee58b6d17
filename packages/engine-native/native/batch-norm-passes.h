// The passes of batch normalisation on one part of the data, for loops that spread the parts over threads.
#pragma once

#include "channel-loops.h"
#include "onednn.h"

namespace crucible {

/** Sums of (x - shift) and (x - shift)^2 of rows [begin, end), eight channels a register. */
template <int V, class T>
void momentsBlock(const T* x, int64_t channels, int64_t begin, int64_t end, const float* shift, double* sum, double* square) {
  Float8 k[V], s[V], q[V];
  for (int v = 0; v < V; ++v) {
    k[v] = load8(shift + 8 * v);
    s[v] = q[v] = Float8{};
  }
  for (int64_t row = begin; row < end; ++row) {
    const T* source = x + row * channels;
#pragma GCC unroll 4
    for (int v = 0; v < V; ++v) {
      const Float8 d = load8(source + 8 * v) - k[v];
      s[v] += d;
      q[v] += d * d;
    }
  }
  for (int v = 0; v < V; ++v) {
    for (int i = 0; i < 8; ++i) {
      sum[8 * v + i] += s[v][i];
      square[8 * v + i] += q[v][i];
    }
  }
}

template <class T>
void momentsRest(const T* x, int64_t channels, int64_t count, int64_t begin, int64_t end, const float* shift, double* sum, double* square) {
  float s[8] = {}, q[8] = {};
  for (int64_t row = begin; row < end; ++row) {
    const T* source = x + row * channels;
    for (int64_t i = 0; i < count; ++i) {
      const float d = load(source, i) - shift[i];
      s[i] += d;
      q[i] += d * d;
    }
  }
  for (int64_t i = 0; i < count; ++i) {
    sum[i] += s[i];
    square[i] += q[i];
  }
}

/** Adds the sums of (x - shift) and (x - shift)^2 of a part, per channel. `x` begins where the part's panel does. */
template <class T>
void addMoments(const T* x, int64_t width, int64_t begin, int64_t end, const float* shift, double* sum, double* square) {
  const int64_t step = rowsPerBlock(width);
  for (int64_t row = begin; row < end; row += step) {
    const int64_t last = std::min(end, row + step);
    forChannelBlocks(
        width,
        [&](auto lanes, int64_t c) {
          momentsBlock<decltype(lanes)::value>(x + c, width, row, last, shift + c, sum + c, square + c);
        },
        [&](int64_t c, int64_t count) {
          momentsRest(x + c, width, count, row, last, shift + c, sum + c, square + c);
        });
  }
}

/** y = activation(x * scale + shift + residual) on a part; streamed, a count of elements is a multiple of eight. */
template <bool kStream, bool kResidual, Activation kActivation, class T>
void scaleShiftRun(const T* x, const T* residual, T* y, const float* scale, const float* shift, int64_t count) {
  if (kStream) {
    const Float8 zero{};
    for (int64_t i = 0; i < count; i += 8) {
      Float8 value = load8(x + i) * load8(scale + i) + load8(shift + i);
      if (kResidual) value += load8(residual + i);
      if (kActivation != Activation::kNone) value = value < zero ? zero : value;
      if (kActivation == Activation::kRelu6) value = value > zero + 6.f ? zero + 6.f : value;
      stream8(y + i, value);
    }
    return;
  }
#pragma omp simd
  for (int64_t i = 0; i < count; ++i) {
    float value = load(x, i) * scale[i] + shift[i];
    if (kResidual) value += load(residual, i);
    if (kActivation != Activation::kNone) value = value < 0.f ? 0.f : value;
    if (kActivation == Activation::kRelu6) value = value > 6.f ? 6.f : value;
    store(y, i, value);
  }
}

template <bool kResidual, Activation kActivation, class T>
void scaleShiftPart(const T* x, const T* residual, T* y, const ChannelLayout& layout, const PanelPart& part,
                    const Tiled& scales, const Tiled& shifts) {
  const float *scale = scales.at(part.channel), *shift = shifts.at(part.channel);
  const bool streams = x != y && shouldStream(y, layout.size(), layout.panelChannels);
  forPeriods(part.begin, part.end, layout.panelChannels, [&](int64_t offset, int64_t count) {
    const int64_t at = part.base + offset;
    const T* added = kResidual ? residual + at : nullptr;
    const auto run = streams ? scaleShiftRun<true, kResidual, kActivation, T> : scaleShiftRun<false, kResidual, kActivation, T>;
    run(x + at, added, y + at, scale, shift, count);
  });
  if (streams) endStream();
}

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
  bool streams = false;  // write `maskedOut` past the caches
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
      if (p.maskedOut != nullptr && p.streams) stream8(p.maskedOut + at + 8 * v, d);
      else if (p.maskedOut != nullptr) store8(p.maskedOut + at + 8 * v, d);
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

/** Adds a part's sums of the masked dy and of dy * (x - mean), per channel, to the totals of its thread. */
template <Mask kMask, class T>
void addGradientSums(const Pass<T>& p, const PanelPart& part, double* sums, double* products) {
  const int64_t width = p.layout.panelChannels, step = rowsPerBlock(width);
  double *sum = sums + part.channel, *product = products + part.channel;
  for (int64_t row = part.begin; row < part.end; row += step) {
    const int64_t last = std::min(part.end, row + step);
    forChannelBlocks(
        width,
        [&](auto lanes, int64_t c) { sumsBlock<decltype(lanes)::value, kMask>(p, part, c, row, last, sum, product); },
        [&](int64_t c, int64_t count) { sumsRest<kMask>(p, part, c, count, row, last, sum, product); });
  }
}

/** Coefficients of dx = a * masked(dy) + b * x + c, and the forward pass's for masks of the input. */
struct Coefficients {
  explicit Coefficients(const ChannelLayout& layout) : a(layout), b(layout), c(layout), scale(layout), shift(layout) {}
  Tiled a, b, c, scale, shift;
};

/** What follows from a channel's two sums: gradients of its parameters, and the coefficients of dx. */
struct ChannelGradient {
  float dgamma, dbeta, a, b, c;
};

/**
 * dx = gamma * r * (dy - mean(dy) - (x - mean) * r^2 * mean(dy * (x - mean))), r = 1 / sqrt(variance + epsilon).
 *
 * @param sum of the masked dy
 * @param product sum of dy * (x - mean)
 * @param rows elements of the channel
 */
inline ChannelGradient channelGradient(double sum, double product, float gamma, float mean, float variance,
                                       float epsilon, double rows) {
  const double r = 1.0 / std::sqrt(static_cast<double>(variance) + epsilon);
  const double slope = gamma * r, curve = -slope * r * r * product / rows;
  return {static_cast<float>(product * r), static_cast<float>(sum), static_cast<float>(slope),
          static_cast<float>(curve), static_cast<float>(-slope * sum / rows - curve * mean)};
}

template <bool kStream, Mask kMask, class T>
void inputGradientRun(const T* dy, const T* x, const T* y, T* dx, const float* a, const float* b, const float* c,
                      const float* scale, const float* shift, int64_t count) {
  if (kStream) {
    for (int64_t i = 0; i < count; i += 8) {
      const Float8 source = load8(x + i);
      Float8 d = load8(dy + i);
      if (isOfOutput(kMask)) d = masked8<kMask>(d, load8(y + i));
      if (isOfInput(kMask)) d = masked8<kMask>(d, source * load8(scale + i) + load8(shift + i));
      stream8(dx + i, d * load8(a + i) + source * load8(b + i) + load8(c + i));
    }
    return;
  }
#pragma omp simd
  for (int64_t i = 0; i < count; ++i) {
    const float source = load(x, i);
    float d = load(dy, i);
    if (isOfOutput(kMask)) d = masked<kMask>(d, load(y, i));
    if (isOfInput(kMask)) d = masked<kMask>(d, source * scale[i] + shift[i]);
    store(dx, i, d * a[i] + source * b[i] + c[i]);
  }
}

/** dx of a part. */
template <Mask kMask, class T>
void inputGradientPart(const Pass<T>& p, T* dx, const Coefficients& coefficients, const PanelPart& part) {
  const float *a = coefficients.a.at(part.channel), *b = coefficients.b.at(part.channel),
              *c = coefficients.c.at(part.channel), *scale = coefficients.scale.at(part.channel),
              *shift = coefficients.shift.at(part.channel);
  const bool streams = shouldStream(dx, p.layout.size(), p.layout.panelChannels);
  forPeriods(part.begin, part.end, p.layout.panelChannels, [&](int64_t offset, int64_t count) {
    const int64_t at = part.base + offset;
    const T* out = isOfOutput(kMask) ? p.y + at : nullptr;
    const auto run = streams ? inputGradientRun<true, kMask, T> : inputGradientRun<false, kMask, T>;
    run(p.dy + at, p.x + at, out, dx + at, a, b, c, scale, shift, count);
  });
  if (streams) endStream();
}

}  // namespace crucible
