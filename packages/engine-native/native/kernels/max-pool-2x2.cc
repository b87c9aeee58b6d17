// Max pooling over 2x2 windows that neither overlap nor leave the image, in any form of data; with it the gradient of
// a bias, a relu and such a pooling in one pass.
#include <cstring>
#include <vector>

#include "../kernels.h"
#include "../parallel.h"

namespace crucible {
namespace {

/** Images of `channels` channels. In blocked data an image is one block of 16 channels, `blocks` of them a picture. */
struct PoolShape {
  int32_t images, inHeight, inWidth, channels, blocks;

  int64_t outHeight() const { return inHeight / 2; }
  int64_t outWidth() const { return inWidth / 2; }
  int64_t inImage() const { return int64_t{inHeight} * inWidth * channels; }
  int64_t outImage() const { return outHeight() * outWidth() * channels; }
  bool isCovered() const { return inHeight % 2 == 0 && inWidth % 2 == 0; }
};
constexpr size_t kFields = sizeof(PoolShape) / sizeof(int32_t);

PoolShape shapeOf(const Args& args, size_t index) {
  PoolShape shape;
  const int32_t* fields = args.ints(index, kFields);
  std::copy(fields, fields + kFields, reinterpret_cast<int32_t*>(&shape));
  if (shape.blocks < 1 || shape.images % shape.blocks != 0) throw std::invalid_argument("blocks do not fit the images");
  return shape;
}

inline float larger(float a, float b) {
  const float m = b > a ? b : a;
  return b != b ? b : m;  // NaN wins, so that it is seen
}

template <class T>
void poolRow(const PoolShape& s, const T* top, T* y) {
  const int64_t channels = s.channels;
  const T* bottom = top + s.inWidth * channels;
  for (int64_t column = 0; column < s.outWidth(); ++column, top += 2 * channels, bottom += 2 * channels, y += channels) {
#pragma omp simd
    for (int64_t c = 0; c < channels; ++c) {
      store(y, c, larger(larger(load(top, c), load(top, c + channels)), larger(load(bottom, c), load(bottom, c + channels))));
    }
  }
}

/** maxPool2x2(x, y, shape) */
napi_value maxPool2x2(const Args& args) {
  const PoolShape s = shapeOf(args, 2);
  withElements(args, 0, [&](auto element) {
    using T = decltype(element);
    const T* x = args.elements<T>(0, s.images * s.inImage());
    T* y = args.elements<T>(1, s.images * s.outImage());
    const int64_t rows = s.outHeight();
    parallelRanges(s.images * rows, 1, s.images * s.inImage(), [&](int64_t begin, int64_t end, int) {
      for (int64_t line = begin; line < end; ++line) {
        const T* source = x + line / rows * s.inImage() + line % rows * 2 * s.inWidth * s.channels;
        poolRow(s, source, y + line * s.outWidth() * s.channels);
      }
    });
  });
  return nullptr;
}

/** Each dy goes to the first largest of its window, zero to the other three. With kRelu only where that is above zero. */
template <bool kRelu, class T>
void gradientRow(const PoolShape& s, const T* dy, const T* x, T* dx, float* sums) {
  const int64_t channels = s.channels, below = int64_t{s.inWidth} * channels;
  for (int64_t column = 0; column < s.outWidth(); ++column, dy += channels, x += 2 * channels, dx += 2 * channels) {
#pragma omp simd
    for (int64_t c = 0; c < channels; ++c) {
      const float a = load(x, c), b = load(x, c + channels), d = load(x, c + below), e = load(x, c + below + channels);
      const float most = larger(larger(a, b), larger(d, e)), arrived = load(dy, c);
      const float slope = kRelu ? (most > 0.f ? arrived : 0.f) : arrived;
      const float first = a == most ? slope : 0.f, rest1 = a == most ? 0.f : slope;
      const float second = b == most ? rest1 : 0.f, rest2 = b == most ? 0.f : rest1;
      const float third = d == most ? rest2 : 0.f, fourth = d == most ? 0.f : rest2;
      store(dx, c, first);
      store(dx, c + channels, second);
      store(dx, c + below, third);
      store(dx, c + below + channels, fourth);
      if (kRelu) sums[c] += slope;
    }
  }
}

template <bool kRelu, class T>
void gradient(const PoolShape& s, const T* dy, const T* x, T* dx, float* dbias) {
  const int64_t channels = s.channels, total = channels * s.blocks, work = s.images * s.inImage();
  const int threads = threadsFor(work);
  std::vector<double> totals(static_cast<size_t>(kRelu ? threads * total : 0), 0.0);
  parallelRanges(s.images, 1, work, [&](int64_t begin, int64_t end, int thread) {
    std::vector<float> sums(static_cast<size_t>(channels));
    for (int64_t n = begin; n < end; ++n) {
      T* out = dx + n * s.inImage();
      if (!s.isCovered()) std::memset(static_cast<void*>(out), 0, static_cast<size_t>(s.inImage()) * sizeof(T));
      if (kRelu) std::fill(sums.begin(), sums.end(), 0.f);
      for (int64_t row = 0; row < s.outHeight(); ++row) {
        const int64_t at = row * 2 * s.inWidth * channels;
        gradientRow<kRelu>(s, dy + n * s.outImage() + row * s.outWidth() * channels, x + n * s.inImage() + at, out + at,
                           sums.data());
      }
      if (!kRelu) continue;
      double* joined = totals.data() + thread * total + n % s.blocks * channels;
      for (int64_t c = 0; c < channels; ++c) joined[c] += sums[static_cast<size_t>(c)];
    }
  });
  if (!kRelu) return;
  for (int64_t c = 0; c < total; ++c) {
    double sum = 0;
    for (int thread = 0; thread < threads; ++thread) sum += totals[static_cast<size_t>(thread * total + c)];
    dbias[c] = static_cast<float>(sum);
  }
}

/** maxPool2x2Grad(dy, x, dx, shape) */
napi_value maxPool2x2Grad(const Args& args) {
  const PoolShape s = shapeOf(args, 3);
  withElements(args, 1, [&](auto element) {
    using T = decltype(element);
    const T *dy = args.elements<T>(0, s.images * s.outImage()), *x = args.elements<T>(1, s.images * s.inImage());
    gradient<false>(s, dy, x, args.elements<T>(2, s.images * s.inImage()), nullptr);
  });
  return nullptr;
}

/** biasReluPoolGrad(dy, activated, dz, dbias, shape): `activated` is what went into the pooling. */
napi_value biasReluPoolGrad(const Args& args) {
  const PoolShape s = shapeOf(args, 4);
  float* dbias = args.floats(3, int64_t{s.channels} * s.blocks);
  withElements(args, 1, [&](auto element) {
    using T = decltype(element);
    const T *dy = args.elements<T>(0, s.images * s.outImage()), *x = args.elements<T>(1, s.images * s.inImage());
    gradient<true>(s, dy, x, args.elements<T>(2, s.images * s.inImage()), dbias);
  });
  return nullptr;
}

}  // namespace

void registerMaxPool2x2(Exports& exports) {
  exports.add("maxPool2x2", entry<maxPool2x2>);
  exports.add("maxPool2x2Grad", entry<maxPool2x2Grad>);
  exports.add("biasReluPoolGrad", entry<biasReluPoolGrad>);
}

}  // namespace crucible
