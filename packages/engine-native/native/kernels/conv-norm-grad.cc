// Gradient of convolution with training batch norm, in one pass over chunks of images.
#include <cstring>

#include "../conv-norm-parts.h"
#include "../kernels.h"

namespace crucible {
namespace {

/** Calls `body` with the mask as a compile-time constant. */
template <class Body>
void withMask(Mask mask, Body body) {
  switch (mask) {
    case Mask::kNone: return body(std::integral_constant<Mask, Mask::kNone>{});
    case Mask::kRelu: return body(std::integral_constant<Mask, Mask::kRelu>{});
    case Mask::kRelu6: return body(std::integral_constant<Mask, Mask::kRelu6>{});
    case Mask::kReluOfInput: return body(std::integral_constant<Mask, Mask::kReluOfInput>{});
    case Mask::kRelu6OfInput: return body(std::integral_constant<Mask, Mask::kRelu6OfInput>{});
  }
}

Mask maskOf(Activation activation, bool ofOutput) {
  if (activation == Activation::kNone) return Mask::kNone;
  if (activation == Activation::kRelu) return ofOutput ? Mask::kRelu : Mask::kReluOfInput;
  return ofOutput ? Mask::kRelu6 : Mask::kRelu6OfInput;
}

/** Sums of the masked dy and of dy * (x - mean) over all rows, per channel. */
template <class T>
ChannelTotals outputSums(const Pass<T>& pass, Mask mask) {
  ChannelTotals totals(threadsFor(pass.layout.size()), pass.layout.channels());
  forPanels(pass.layout, [&](const PanelPart& part) {
    withMask(mask, [&](auto constant) {
      addGradientSums<decltype(constant)::value>(pass, part, totals.first(part.thread), totals.second(part.thread));
    });
  });
  return totals;
}

template <class T>
void backward(const Args& args, ChunkedConv& plan) {
  const ChunkedConvShape& s = plan.shape;
  const int64_t in = s.inChannels, out = s.outChannels, size = s.batch * s.outImage(), filterSize = s.filterSize();
  const T *dy = args.elements<T>(1, size), *z = args.elements<T>(2, size);
  const ChannelCoefficients of(args.floats(3, 4 * out), out);
  const auto activation = static_cast<Activation>(args.integer(4));
  const float* sums = args.floatsOrNull(5, 2 * out);
  const Source<T> source(args, 6, s);
  float *filter = args.floats(9, filterSize), *gamma = args.floats(10, out);
  float *dfilter = args.floats(11, filterSize), *dgamma = args.floats(12, out), *dbeta = args.floats(13, out);
  T* dx = args.elementsOrNull<T>(14, s.batch * s.inImage());
  float* dxSums = args.floatsOrNull(15, 2 * in);
  const auto epsilon = static_cast<float>(args.number(16));
  const T* y = args.elementsOrNull<T>(17, size);
  T* dresidual = args.elementsOrNull<T>(18, size);

  // what arrives at the normalisation: its parameters' gradients and the coefficients of dz
  Mask mask = maskOf(activation, y != nullptr);
  const double rows = static_cast<double>(size) / static_cast<double>(out);
  Pass<T> whole{dy, z, y, of.mean, dresidual, of.scale, of.shift, rowsOf(size / out, out)};
  whole.streams = dresidual != nullptr && shouldStream(dresidual, size, out);
  std::vector<double> total(static_cast<size_t>(2 * out));
  if (sums != nullptr) {
    std::copy(sums, sums + 2 * out, total.begin());
  } else {
    const ChannelTotals found = outputSums(whole, mask);
    for (int64_t c = 0; c < out; ++c) {
      total[static_cast<size_t>(c)] = found.joinFirst(c);
      total[static_cast<size_t>(out + c)] = found.joinSecond(c);
    }
  }
  if (dresidual != nullptr) {  // holds the masked dy
    whole.dy = dresidual;
    mask = Mask::kNone;
  }
  whole.maskedOut = nullptr;
  Coefficients coefficients(whole.layout);
  for (int64_t c = 0; c < out; ++c) {
    const ChannelGradient g = channelGradient(total[static_cast<size_t>(c)], total[static_cast<size_t>(out + c)],
                                              gamma[c], of.mean[c], of.variance[c], epsilon, rows);
    dgamma[c] = g.dgamma;
    dbeta[c] = g.dbeta;
    coefficients.a.set(c, g.a);
    coefficients.b.set(c, g.b);
    coefficients.c.set(c, g.c);
    coefficients.scale.set(c, of.scale[c]);
    coefficients.shift.set(c, of.shift[c]);
  }

  const Work work(plan, sizeof(T), 1, true);
  if (dx != nullptr) plan.packGradient(filter, work.packed(0));
  const auto sumsSize = static_cast<int64_t>(plan.filterGradientBytes() / sizeof(float));
  for (int thread = 0; thread < plan.threads; ++thread) std::memset(work.filterSums(thread), 0, plan.filterGradientBytes());
  ChannelTotals before(plan.threads, in);
  const Mask maskBefore = maskOf(source.activation, false);
  plan.forChunks([&](int64_t first, int64_t images, int thread) {
    ChunkPrimitives& primitives = plan.primitives(images);
    void* scratchpad = work.scratchpad(thread);
    const int64_t at = first * s.outImage(), outRows = images * s.outPixels();
    Pass<T> pass = whole;
    pass.dy += at;
    pass.x += at;
    if (pass.y != nullptr) pass.y += at;
    pass.layout = rowsOf(outRows, out);
    T* slope = work.slope<T>(thread);
    withMask(mask, [&](auto constant) {
      inputGradientPart<decltype(constant)::value>(pass, slope, coefficients, PanelPart{0, 0, outRows, 0, thread});
    });

    T* from = source.chunk(first, images, work.source<T>(thread));
    float* filterSums = work.filterSums(thread);
    if (plan.addsFilterGradient()) {
      primitives.filterGradient.run(thread, {from, slope, filterSums, scratchpad});
    } else {
      float* part = work.filterPart(thread);
      primitives.filterGradient.run(thread, {from, slope, part, scratchpad});
      for (int64_t i = 0; i < sumsSize; ++i) filterSums[i] += part[i];
    }
    if (dx == nullptr) return;
    T* target = dx + first * s.inImage();
    primitives.inputGradient.run(thread, {slope, work.packed(0), target, scratchpad});
    if (dxSums == nullptr) return;
    const ChannelCoefficients ofInput(source.coefficients, in);
    const int64_t inRows = images * s.inHeight * s.inWidth;
    const Pass<T> next{target,          source.x + first * s.inImage(), nullptr, ofInput.mean, nullptr, ofInput.scale,
                       ofInput.shift, rowsOf(inRows, in), false};
    withMask(maskBefore, [&](auto constant) {
      addGradientSums<decltype(constant)::value>(next, PanelPart{0, 0, inRows, 0, thread}, before.first(thread),
                                                 before.second(thread));
    });
  });
  for (int thread = 1; thread < plan.threads; ++thread) {
    for (int64_t i = 0; i < sumsSize; ++i) work.filterSums(0)[i] += work.filterSums(thread)[i];
  }
  plan.unpackFilterGradient(work.filterSums(0), dfilter);
  if (dxSums == nullptr) return;
  for (int64_t c = 0; c < in; ++c) {
    dxSums[c] = static_cast<float>(before.joinFirst(c));
    dxSums[in + c] = static_cast<float>(before.joinSecond(c));
  }
}

/**
 * convNormBackward(plan, dy, z, coefficients, activation, sums | null, x, xCoefficients | null, xActivation, filter,
 *                  gamma, dfilter, dgamma, dbeta, dx | null, dxSums | null, epsilon, y | null, dresidual | null)
 *
 * `sums` are those of the masked dy and of dy * (z - mean), if the call that made dy left them in its `dxSums`.
 * `dxSums` needs `xCoefficients`. `y` and `dresidual`, which receives the masked dy, are for an activation after a
 * residual.
 */
napi_value convNormBackward(const Args& args) {
  ChunkedConv& plan = chunkedConvPlans().at(args.integer(0));
  if (args.isNull(7) && !args.isNull(15)) throw std::invalid_argument("sums of dx need coefficients of x");
  if (plan.shape.isBf16) backward<Bf16>(args, plan);
  else backward<float>(args, plan);
  return nullptr;
}

}  // namespace

void registerConvNormGrad(Exports& exports) { exports.add("convNormBackward", entry<convNormBackward>); }

}  // namespace crucible
