// Convolution and training batch norm in one pass over chunks of images: the input is normalised while it is read, and
// the moments of the output are summed while it is near.
#include "../conv-norm-parts.h"
#include "../kernels.h"

namespace crucible {

PlanCache<ChunkedConv>& chunkedConvPlans() {
  static auto* cache = new PlanCache<ChunkedConv>(1024);  // never destroyed: oneDNN may be gone first at exit
  return *cache;
}

namespace {

constexpr size_t kFields = sizeof(ChunkedConvShape) / sizeof(int32_t);

/** convNormPlan(shape) -> plan number, or -1 if oneDNN refuses the shape. */
napi_value convNormPlan(const Args& args) {
  const int32_t* fields = args.ints(0, kFields);
  const int64_t number = chunkedConvPlans().find(fields, kFields, [&]() -> std::unique_ptr<ChunkedConv> {
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
  ChunkedConv& plan = chunkedConvPlans().at(args.integer(0));
  if (plan.shape.isBf16) forward<Bf16>(args, plan);
  else forward<float>(args, plan);
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
  exports.add("applyNorm", entry<applyNorm>);
}

}  // namespace crucible
