// Normalisation of each sample by itself, over groups of channels: group norm, and with one group layer norm.
#include <cmath>
#include <vector>

#include "../kernels.h"
#include "../parallel.h"

namespace crucible {
namespace {

/** Samples of [pixels, channels]; the channels of a group lie together. */
struct NormShape {
  int64_t samples, pixels, channels, groups;

  int64_t sample() const { return pixels * channels; }
  int64_t groupChannels() const { return channels / groups; }
  int64_t groupSize() const { return pixels * groupChannels(); }

  static NormShape from(const Args& args, size_t index) {
    const int32_t* f = args.ints(index, 4);
    const NormShape s{f[0], f[1], f[2], f[3]};
    if (s.samples < 1 || s.pixels < 1 || s.groups < 1 || s.channels < s.groups || s.channels % s.groups != 0) {
      throw std::invalid_argument("groups do not fit the channels");
    }
    return s;
  }
};

/** Calls `body(first, last)` for runs of elements of group `g` of a sample: one for all its pixels if it is alone. */
template <class Body>
void forGroup(const NormShape& s, int64_t g, Body body) {
  if (s.groups == 1) {
    body(int64_t{0}, s.sample());
    return;
  }
  for (int64_t p = 0; p < s.pixels; ++p) {
    const int64_t first = p * s.channels + g * s.groupChannels();
    body(first, first + s.groupChannels());
  }
}

/** groupNorm(x, gamma, beta, y, statistics, shape, epsilon): `statistics` takes mean and 1 / deviation of each group. */
napi_value groupNorm(const Args& args) {
  const NormShape s = NormShape::from(args, 5);
  const float* x = args.floats(0, s.samples * s.sample());
  const float *gamma = args.floats(1, s.channels), *beta = args.floats(2, s.channels);
  float* y = args.floats(3, s.samples * s.sample());
  float* statistics = args.floats(4, 2 * s.samples * s.groups);
  const double epsilon = args.number(6), size = static_cast<double>(s.groupSize());
  parallelRanges(s.samples, 1, s.samples * s.sample() * 3, [&](int64_t begin, int64_t end, int) {
    std::vector<float> scales(static_cast<size_t>(s.channels)), shifts(scales.size());
    for (int64_t n = begin; n < end; ++n) {
      const float* in = x + n * s.sample();
      float* statistic = statistics + 2 * n * s.groups;
      for (int64_t g = 0; g < s.groups; ++g) {
        double total = 0, square = 0;
        forGroup(s, g, [&](int64_t first, int64_t last) {
          float sum = 0;
#pragma omp simd reduction(+ : sum)
          for (int64_t i = first; i < last; ++i) sum += in[i];
          total += sum;
        });
        const auto mean = static_cast<float>(total / size);
        forGroup(s, g, [&](int64_t first, int64_t last) {
          float sum = 0;
#pragma omp simd reduction(+ : sum)
          for (int64_t i = first; i < last; ++i) sum += (in[i] - mean) * (in[i] - mean);
          square += sum;
        });
        const auto inverse = static_cast<float>(1.0 / std::sqrt(square / size + epsilon));
        statistic[2 * g] = mean;
        statistic[2 * g + 1] = inverse;
        for (int64_t c = g * s.groupChannels(); c < (g + 1) * s.groupChannels(); ++c) {
          const auto at = static_cast<size_t>(c);
          scales[at] = gamma[c] * inverse;
          shifts[at] = beta[c] - mean * scales[at];
        }
      }
      const float *scale = scales.data(), *shift = shifts.data();
      for (int64_t p = 0; p < s.pixels; ++p) {
        const float* source = in + p * s.channels;
        float* target = y + n * s.sample() + p * s.channels;
#pragma omp simd
        for (int64_t c = 0; c < s.channels; ++c) target[c] = source[c] * scale[c] + shift[c];
      }
    }
  });
  return nullptr;
}

/** Per-thread buffers of one sample's channels. */
struct Channels {
  explicit Channels(int64_t channels) : mean(static_cast<size_t>(channels)), inverse(mean.size()), sum(mean.size()), product(mean.size()) {}
  std::vector<float> mean, inverse, sum, product;
};

/** groupNormGrad(dy, x, gamma, statistics, dx, dgamma, dbeta, shape) */
napi_value groupNormGrad(const Args& args) {
  const NormShape s = NormShape::from(args, 7);
  const float *dy = args.floats(0, s.samples * s.sample()), *x = args.floats(1, s.samples * s.sample());
  const float *gamma = args.floats(2, s.channels), *statistics = args.floats(3, 2 * s.samples * s.groups);
  float *dx = args.floats(4, s.samples * s.sample()), *dgamma = args.floats(5, s.channels), *dbeta = args.floats(6, s.channels);
  const int64_t work = s.samples * s.sample() * 4, width = s.groupChannels();
  const int threads = threadsFor(work);
  std::vector<double> totals(static_cast<size_t>(threads * 2 * s.channels), 0.0);
  parallelRanges(s.samples, 1, work, [&](int64_t begin, int64_t end, int thread) {
    Channels of(s.channels);
    float *mean = of.mean.data(), *inverse = of.inverse.data(), *sum = of.sum.data(), *product = of.product.data();
    double* total = totals.data() + thread * 2 * s.channels;
    for (int64_t n = begin; n < end; ++n) {
      const float *in = x + n * s.sample(), *slope = dy + n * s.sample(), *statistic = statistics + 2 * n * s.groups;
      float* out = dx + n * s.sample();
      for (int64_t c = 0; c < s.channels; ++c) {
        mean[c] = statistic[c / width * 2];
        inverse[c] = statistic[c / width * 2 + 1];
        sum[c] = product[c] = 0.f;
      }
      for (int64_t p = 0; p < s.pixels; ++p) {
        const float *source = in + p * s.channels, *arrived = slope + p * s.channels;
#pragma omp simd
        for (int64_t c = 0; c < s.channels; ++c) {
          sum[c] += arrived[c];
          product[c] += arrived[c] * (source[c] - mean[c]) * inverse[c];
        }
      }
      // dx = r * (gamma * dy - mean(gamma * dy) - normalised * mean(gamma * dy * normalised)), means over the group
      for (int64_t g = 0; g < s.groups; ++g) {
        double first = 0, second = 0;
        for (int64_t c = g * width; c < (g + 1) * width; ++c) {
          total[c] += product[c];
          total[s.channels + c] += sum[c];
          first += static_cast<double>(gamma[c]) * sum[c];
          second += static_cast<double>(gamma[c]) * product[c];
        }
        const auto size = static_cast<double>(s.groupSize());
        for (int64_t c = g * width; c < (g + 1) * width; ++c) {
          sum[c] = static_cast<float>(first / size);
          product[c] = static_cast<float>(second / size);
        }
      }
      for (int64_t p = 0; p < s.pixels; ++p) {
        const float *source = in + p * s.channels, *arrived = slope + p * s.channels;
        float* target = out + p * s.channels;
#pragma omp simd
        for (int64_t c = 0; c < s.channels; ++c) {
          const float normalised = (source[c] - mean[c]) * inverse[c];
          target[c] = inverse[c] * (gamma[c] * arrived[c] - sum[c] - normalised * product[c]);
        }
      }
    }
  });
  for (int64_t c = 0; c < s.channels; ++c) {
    double product = 0, sum = 0;
    for (int thread = 0; thread < threads; ++thread) {
      product += totals[static_cast<size_t>(thread * 2 * s.channels + c)];
      sum += totals[static_cast<size_t>(thread * 2 * s.channels + s.channels + c)];
    }
    dgamma[c] = static_cast<float>(product);
    dbeta[c] = static_cast<float>(sum);
  }
  return nullptr;
}

}  // namespace

void registerGroupNorm(Exports& exports) {
  exports.add("groupNorm", entry<groupNorm>);
  exports.add("groupNormGrad", entry<groupNormGrad>);
}

}  // namespace crucible
