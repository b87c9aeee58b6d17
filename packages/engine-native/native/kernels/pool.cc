// Max and average pooling of NHWC images, forward and backward.
#include <cmath>
#include <cstring>
#include <vector>

#include "../kernels.h"
#include "../parallel.h"

namespace crucible {
namespace {

/** The Int32Array that describes a pooling. */
struct PoolShape {
  int32_t batch, inHeight, inWidth, channels, outHeight, outWidth;
  int32_t filterHeight, filterWidth, strideHeight, strideWidth, padTop, padLeft, dilationHeight, dilationWidth;

  int64_t inputSize() const { return int64_t{batch} * inHeight * inWidth * channels; }
  int64_t outputSize() const { return int64_t{batch} * outHeight * outWidth * channels; }
};
constexpr size_t kFields = sizeof(PoolShape) / sizeof(int32_t);

PoolShape shapeOf(const Args& args, size_t index) {
  PoolShape shape;
  const int32_t* fields = args.ints(index, kFields);
  std::copy(fields, fields + kFields, reinterpret_cast<int32_t*>(&shape));
  return shape;
}

/** Calls `visit(pixel, cell)` for each cell of the window that lies inside the image; `pixel` counts in pixels. */
template <class Visit>
void forWindow(const PoolShape& s, int64_t outRow, int64_t outColumn, Visit visit) {
  for (int32_t i = 0; i < s.filterHeight; ++i) {
    const int64_t row = outRow * s.strideHeight - s.padTop + i * s.dilationHeight;
    if (row < 0 || row >= s.inHeight) continue;
    for (int32_t j = 0; j < s.filterWidth; ++j) {
      const int64_t column = outColumn * s.strideWidth - s.padLeft + j * s.dilationWidth;
      if (column < 0 || column >= s.inWidth) continue;
      visit(row * s.inWidth + column, i * s.filterWidth + j);
    }
  }
}

float larger(float a, float b) {
  const float m = b > a ? b : a;
  return b != b ? b : m;  // NaN wins, so that it is seen
}

/** maxPool(x, y, shape) */
napi_value maxPool(const Args& args) {
  const PoolShape s = shapeOf(args, 2);
  const float* x = args.floats(0, s.inputSize());
  float* y = args.floats(1, s.outputSize());
  const int64_t channels = s.channels, image = int64_t{s.inHeight} * s.inWidth * channels;
  parallelRanges(int64_t{s.batch} * s.outHeight, 1, s.outputSize() * s.filterHeight * s.filterWidth, [&](int64_t begin, int64_t end, int) {
    for (int64_t line = begin; line < end; ++line) {
      const int64_t row = line % s.outHeight;
      const float* in = x + line / s.outHeight * image;
      float* out = y + line * s.outWidth * channels;
      for (int64_t column = 0; column < s.outWidth; ++column, out += channels) {
        for (int64_t c = 0; c < channels; ++c) out[c] = -INFINITY;
        forWindow(s, row, column, [&](int64_t pixel, int32_t) {
          const float* source = in + pixel * channels;
#pragma omp simd
          for (int64_t c = 0; c < channels; ++c) out[c] = larger(out[c], source[c]);
        });
      }
    }
  });
  return nullptr;
}

/** avgPool(x, y, shape): the mean over the cells inside the image. */
napi_value avgPool(const Args& args) {
  const PoolShape s = shapeOf(args, 2);
  const float* x = args.floats(0, s.inputSize());
  float* y = args.floats(1, s.outputSize());
  const int64_t channels = s.channels, image = int64_t{s.inHeight} * s.inWidth * channels;
  parallelRanges(int64_t{s.batch} * s.outHeight, 1, s.outputSize() * s.filterHeight * s.filterWidth, [&](int64_t begin, int64_t end, int) {
    for (int64_t line = begin; line < end; ++line) {
      const float* in = x + line / s.outHeight * image;
      float* out = y + line * s.outWidth * channels;
      for (int64_t column = 0; column < s.outWidth; ++column, out += channels) {
        int cells = 0;
        for (int64_t c = 0; c < channels; ++c) out[c] = 0.f;
        forWindow(s, line % s.outHeight, column, [&](int64_t pixel, int32_t) {
          const float* source = in + pixel * channels;
          ++cells;
#pragma omp simd
          for (int64_t c = 0; c < channels; ++c) out[c] += source[c];
        });
        const float factor = 1.f / static_cast<float>(cells);
#pragma omp simd
        for (int64_t c = 0; c < channels; ++c) out[c] *= factor;
      }
    }
  });
  return nullptr;
}

/** maxPoolGrad(dy, x, dx, shape): the first largest element of each window takes its dy. */
napi_value maxPoolGrad(const Args& args) {
  const PoolShape s = shapeOf(args, 3);
  const float* dy = args.floats(0, s.outputSize());
  const float* x = args.floats(1, s.inputSize());
  float* dx = args.floats(2, s.inputSize());
  const int64_t channels = s.channels, image = int64_t{s.inHeight} * s.inWidth * channels;
  const int64_t outImage = int64_t{s.outHeight} * s.outWidth * channels;
  // Windows of one image may overlap, so an image is never shared between threads.
  parallelRanges(s.batch, 1, s.outputSize() * s.filterHeight * s.filterWidth, [&](int64_t begin, int64_t end, int) {
    std::vector<float> best(static_cast<size_t>(channels));
    std::vector<int32_t> cellOfBest(static_cast<size_t>(channels));
    float* most = best.data();
    int32_t* winner = cellOfBest.data();
    for (int64_t n = begin; n < end; ++n) {
      const float *in = x + n * image, *slope = dy + n * outImage;
      float* out = dx + n * image;
      std::memset(out, 0, static_cast<size_t>(image) * sizeof(float));
      for (int64_t row = 0; row < s.outHeight; ++row) {
        for (int64_t column = 0; column < s.outWidth; ++column) {
          for (int64_t c = 0; c < channels; ++c) {
            most[c] = -INFINITY;
            winner[c] = -1;
          }
          forWindow(s, row, column, [&](int64_t pixel, int32_t cell) {
            const float* source = in + pixel * channels;
#pragma omp simd
            for (int64_t c = 0; c < channels; ++c) {
              const bool wins = source[c] > most[c];
              most[c] = wins ? source[c] : most[c];
              winner[c] = wins ? cell : winner[c];
            }
          });
          const float* from = slope + (row * s.outWidth + column) * channels;
          forWindow(s, row, column, [&](int64_t pixel, int32_t cell) {
            float* target = out + pixel * channels;
#pragma omp simd
            for (int64_t c = 0; c < channels; ++c) target[c] += winner[c] == cell ? from[c] : 0.f;
          });
        }
      }
    }
  });
  return nullptr;
}

/** avgPoolGrad(dy, dx, shape): dy over the whole window size, also at the border, as tfjs has it. */
napi_value avgPoolGrad(const Args& args) {
  const PoolShape s = shapeOf(args, 2);
  const float* dy = args.floats(0, s.outputSize());
  float* dx = args.floats(1, s.inputSize());
  const int64_t channels = s.channels, image = int64_t{s.inHeight} * s.inWidth * channels;
  const float factor = 1.f / static_cast<float>(s.filterHeight * s.filterWidth);
  parallelRanges(s.batch, 1, s.outputSize() * s.filterHeight * s.filterWidth, [&](int64_t begin, int64_t end, int) {
    std::memset(dx + begin * image, 0, static_cast<size_t>((end - begin) * image) * sizeof(float));
    for (int64_t n = begin; n < end; ++n) {
      float* out = dx + n * image;
      const float* slope = dy + n * s.outHeight * s.outWidth * channels;
      for (int64_t row = 0; row < s.outHeight; ++row) {
        for (int64_t column = 0; column < s.outWidth; ++column, slope += channels) {
          forWindow(s, row, column, [&](int64_t pixel, int32_t) {
            float* target = out + pixel * channels;
#pragma omp simd
            for (int64_t c = 0; c < channels; ++c) target[c] += slope[c] * factor;
          });
        }
      }
    }
  });
  return nullptr;
}

}  // namespace

void registerPool(Exports& exports) {
  exports.add("maxPool", entry<maxPool>);
  exports.add("avgPool", entry<avgPool>);
  exports.add("maxPoolGrad", entry<maxPoolGrad>);
  exports.add("avgPoolGrad", entry<avgPoolGrad>);
}

}  // namespace crucible
