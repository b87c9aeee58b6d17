// Convolution and training batch norm in one pass over chunks of images: the input is normalised while it is read, the
// moments of the output are summed while it is near, and backward likewise.
#include <cstring>

#include "../batch-norm-passes.h"
#include "../chunked-conv.h"
#include "../kernels.h"
#include "../plan-cache.h"

namespace crucible {
namespace {

constexpr size_t kFields = sizeof(ChunkedConvShape) / sizeof(int32_t);

PlanCache<ChunkedConv>& plans() {
  static auto* cache = new PlanCache<ChunkedConv>(1024);  // never destroyed: oneDNN may be gone first at exit
  return *cache;
}

/** convNormPlan(shape) -> plan number, or -1 if oneDNN refuses the shape. */
napi_value convNormPlan(const Args& args) {
  const int32_t* fields = args.ints(0, kFields);
  const int64_t number = plans().find(fields, kFields, [&]() -> std::unique_ptr<ChunkedConv> {
    ChunkedConvShape shape;
    std::copy(fields, fields + kFields, reinterpret_cast<int32_t*>(&shape));
    try {
      return std::make_unique<ChunkedConv>(shape);
    } catch (const dnnl::error&) {
      return nullptr;  // an ordinary answer: the caller has other ways
    }
  });
  return args.toNumber(static_cast<double>(number));
}

/** Mean, variance, scale and shift of each channel, as a forward call leaves them for the calls that follow. */
struct ChannelCoefficients {
  float *mean, *variance, *scale, *shift;

  ChannelCoefficients(float* values, int64_t channels)
      : mean(values), variance(values + channels), scale(values + 2 * channels), shift(values + 3 * channels) {}
};

ChannelLayout rowsOf(int64_t rows, int64_t channels) { return {1, rows, channels, 1}; }

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

template <class T>
void applyPart(const T* x, const T* residual, T* y, const ChannelLayout& layout, const PanelPart& part,
               const Tiled& scale, const Tiled& shift, Activation activation) {
  const auto run = [&](auto function) { function(x, residual, y, layout, part, scale, shift); };
  if (residual != nullptr) {
    switch (activation) {
      case Activation::kNone: return run(scaleShiftPart<true, Activation::kNone, T>);
      case Activation::kRelu: return run(scaleShiftPart<true, Activation::kRelu, T>);
      case Activation::kRelu6: return run(scaleShiftPart<true, Activation::kRelu6, T>);
    }
  }
  switch (activation) {
    case Activation::kNone: return run(scaleShiftPart<false, Activation::kNone, T>);
    case Activation::kRelu: return run(scaleShiftPart<false, Activation::kRelu, T>);
    case Activation::kRelu6: return run(scaleShiftPart<false, Activation::kRelu6, T>);
  }
}

/** An input that may still have to be normalised: chunks are handed out as the convolution reads them. */
template <class T>
class Source {
 public:
  /** Takes three arguments from `index`: elements, coefficients or null, activation. */
  Source(const Args& args, size_t index, const ChunkedConvShape& shape)
      : shape_(shape),
        x(args.elements<T>(index, shape.batch * shape.inImage())),
        coefficients(args.floatsOrNull(index + 1, 4 * shape.inChannels)),
        activation(static_cast<Activation>(args.integer(index + 2))),
        scale_(rowsOf(1, shape.inChannels)),
        shift_(rowsOf(1, shape.inChannels)) {
    if (coefficients == nullptr) return;
    const ChannelCoefficients of(coefficients, shape.inChannels);
    for (int64_t c = 0; c < shape.inChannels; ++c) {
      scale_.set(c, of.scale[c]);
      shift_.set(c, of.shift[c]);
    }
  }

  T* chunk(int64_t first, int64_t images, T* buffer) const {
    T* source = x + first * shape_.inImage();
    if (coefficients == nullptr) return source;
    const int64_t rows = images * shape_.inHeight * shape_.inWidth;
    applyPart<T>(source, nullptr, buffer, rowsOf(rows, shape_.inChannels), PanelPart{0, 0, rows, 0, 0}, scale_, shift_,
                 activation);
    return buffer;
  }

 private:
  const ChunkedConvShape& shape_;

 public:
  T* const x;
  float* const coefficients;
  const Activation activation;

 private:
  Tiled scale_, shift_;
};

/** The scratch memory of a call: filter copies for all threads, then buffers of each thread. */
class Work {
 public:
  Work(const ChunkedConv& plan, size_t elementBytes, int packedFilters, bool isBackward)
      : packed_(roundUp(plan.packedBytes())),
        source_(roundUp(static_cast<size_t>(plan.chunkImages * plan.shape.inImage()) * elementBytes)),
        slope_(isBackward ? roundUp(static_cast<size_t>(plan.chunkImages * plan.shape.outImage()) * elementBytes) : 0),
        filter_(isBackward ? roundUp(plan.filterGradientBytes()) : 0),
        shared_(static_cast<size_t>(packedFilters) * packed_),
        perThread_(source_ + slope_ + 2 * filter_ + roundUp(plan.scratchBytes())),
        memory_(static_cast<char*>(scratch(shared_ + static_cast<size_t>(plan.threads) * perThread_))) {}

  void* packed(int at) const { return memory_ + static_cast<size_t>(at) * packed_; }
  template <class T>
  T* source(int thread) const { return reinterpret_cast<T*>(of(thread)); }
  template <class T>
  T* slope(int thread) const { return reinterpret_cast<T*>(of(thread) + source_); }
  float* filterSums(int thread) const { return reinterpret_cast<float*>(of(thread) + source_ + slope_); }
  float* filterPart(int thread) const { return reinterpret_cast<float*>(of(thread) + source_ + slope_ + filter_); }
  void* scratchpad(int thread) const { return of(thread) + source_ + slope_ + 2 * filter_; }

 private:
  static size_t roundUp(size_t bytes) { return (bytes + 4095) / 4096 * 4096; }
  char* of(int thread) const { return memory_ + shared_ + static_cast<size_t>(thread) * perThread_; }

  size_t packed_, source_, slope_, filter_, shared_, perThread_;
  char* memory_;
};

/** Count, mean and summed squared deviations of each channel, of chunks joined one after another (Chan's rule). */
class Moments {
 public:
  explicit Moments(int64_t channels) : mean(static_cast<size_t>(channels)), squares(mean.size()) {}

  void join(double others, const double* otherMean, const double* otherSquares) {
    const double total = count + others;
    for (size_t c = 0; c < mean.size(); ++c) {
      const double offset = otherMean[c] - mean[c];
      mean[c] += offset * others / total;
      squares[c] += otherSquares[c] + offset * offset * count * others / total;
    }
    count = total;
  }

  /** Joins the moments of rows `[rows, channels]`, summed around the first of them so that nothing cancels. */
  template <class T>
  void joinRows(const T* x, int64_t rows) {
    const auto channels = static_cast<int64_t>(mean.size());
    std::vector<float> first(mean.size());
    std::vector<double> sum(mean.size()), square(mean.size());
    for (int64_t c = 0; c < channels; ++c) first[static_cast<size_t>(c)] = load(x, c);
    addMoments(x, channels, 0, rows, first.data(), sum.data(), square.data());
    const auto n = static_cast<double>(rows);
    for (size_t c = 0; c < mean.size(); ++c) {
      const double offset = sum[c] / n, spread = square[c] - sum[c] * offset;
      sum[c] = first[c] + offset;
      square[c] = spread < 0 ? 0 : spread;  // NaN passes
    }
    join(n, sum.data(), square.data());
  }

  double count = 0;
  std::vector<double> mean, squares;
};

template <class T>
void forward(const Args& args, ChunkedConv& plan) {
  const ChunkedConvShape& s = plan.shape;
  const int64_t channels = s.outChannels;
  const Source<T> source(args, 1, s);
  float* filter = args.floats(4, s.filterSize());
  T* z = args.elements<T>(5, s.batch * s.outImage());
  const float *gamma = args.floats(6, channels), *beta = args.floats(7, channels);
  const ChannelCoefficients result(args.floats(8, 4 * channels), channels);
  float *movingMean = args.floatsOrNull(9, channels), *movingVariance = args.floatsOrNull(10, channels);
  const auto epsilon = static_cast<float>(args.number(11)), momentum = static_cast<float>(args.number(12));

  const Work work(plan, sizeof(T), 1, false);
  plan.packForward(filter, work.packed(0));
  std::vector<Moments> moments(static_cast<size_t>(plan.threads), Moments(channels));
  plan.forChunks([&](int64_t first, int64_t images, int thread) {
    T* target = z + first * s.outImage();
    T* from = source.chunk(first, images, work.source<T>(thread));
    plan.primitives(images).forward.run(thread, {from, work.packed(0), target, work.scratchpad(thread)});
    moments[static_cast<size_t>(thread)].joinRows(target, images * s.outPixels());
  });
  for (size_t thread = 1; thread < moments.size(); ++thread) {
    const Moments& other = moments[thread];
    if (other.count > 0) moments[0].join(other.count, other.mean.data(), other.squares.data());
  }
  const double rows = moments[0].count;
  const auto unbias = static_cast<float>(rows > 1 ? rows / (rows - 1) : 1);
  for (int64_t c = 0; c < channels; ++c) {
    result.mean[c] = static_cast<float>(moments[0].mean[static_cast<size_t>(c)]);
    result.variance[c] = static_cast<float>(moments[0].squares[static_cast<size_t>(c)] / rows);
    result.scale[c] = normalScale(gamma[c], result.variance[c], epsilon);
    result.shift[c] = normalShift(beta[c], result.mean[c], result.scale[c]);
    if (movingMean == nullptr || movingVariance == nullptr) continue;
    movingMean[c] = momentum * movingMean[c] + (1.f - momentum) * result.mean[c];
    movingVariance[c] = momentum * movingVariance[c] + (1.f - momentum) * unbias * result.variance[c];
  }
}

/**
 * convNormForward(plan, x, xCoefficients | null, xActivation, filter, z, gamma, beta, coefficients,
 *                 movingMean | null, movingVariance | null, epsilon, momentum)
 *
 * Writes the convolution's result to `z`, and to `coefficients` what makes the normalised output of it: mean, biased
 * variance, scale and shift of each channel. With coefficients of its own, `x` is such a `z` and is normalised first.
 */
napi_value convNormForward(const Args& args) {
  ChunkedConv& plan = plans().at(args.integer(0));
  if (plan.shape.isBf16) forward<Bf16>(args, plan);
  else forward<float>(args, plan);
  return nullptr;
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
  ChunkedConv& plan = plans().at(args.integer(0));
  if (args.isNull(7) && !args.isNull(15)) throw std::invalid_argument("sums of dx need coefficients of x");
  if (plan.shape.isBf16) backward<Bf16>(args, plan);
  else backward<float>(args, plan);
  return nullptr;
}

/** applyNorm(z, residual | null, coefficients, y, layout, activation): the output that convNormForward left to be made. */
napi_value applyNorm(const Args& args) {
  const ChannelLayout layout = ChannelLayout::from(args, 4);
  const int64_t size = layout.size(), channels = layout.channels();
  const ChannelCoefficients of(args.floats(2, 4 * channels), channels);
  const auto activation = static_cast<Activation>(args.integer(5));
  Tiled scale(layout), shift(layout);
  for (int64_t c = 0; c < channels; ++c) {
    scale.set(c, of.scale[c]);
    shift.set(c, of.shift[c]);
  }
  withElements(args, 0, [&](auto element) {
    using T = decltype(element);
    const T *z = args.elements<T>(0, size), *residual = args.elementsOrNull<T>(1, size);
    T* y = args.elements<T>(3, size);
    forPanels(layout, [&](const PanelPart& part) { applyPart<T>(z, residual, y, layout, part, scale, shift, activation); });
  });
  return nullptr;
}

}  // namespace

void registerConvNorm(Exports& exports) {
  exports.add("convNormPlan", entry<convNormPlan>);
  exports.add("convNormForward", entry<convNormForward>);
  exports.add("convNormBackward", entry<convNormBackward>);
  exports.add("applyNorm", entry<applyNorm>);
}

}  // namespace crucible
