// Bilinear and nearest resizing of NHWC images and their gradients; crops of boxes resized to one size.
#include <cmath>
#include <cstring>
#include <vector>

#include "../kernels.h"
#include "../parallel.h"

namespace crucible {
namespace {

/** The two source positions of an output position along one axis, and the share of the second. */
struct Tap {
  int64_t low, high;
  float share;
};

/** Positions along one axis; the corners of both images coincide, or pixels have centres, or neither. */
std::vector<Tap> tapsOf(int64_t in, int64_t out, bool alignCorners, bool halfPixelCenters) {
  const bool aligned = alignCorners && out > 1;
  const double ratio = static_cast<double>(aligned ? in - 1 : in) / static_cast<double>(aligned ? out - 1 : out);
  std::vector<Tap> taps;
  for (int64_t i = 0; i < out; ++i) {
    const double at = halfPixelCenters ? ratio * (static_cast<double>(i) + 0.5) - 0.5 : ratio * static_cast<double>(i);
    const auto low = static_cast<int64_t>(std::max(0.0, std::floor(at)));
    const auto high = std::max(low, std::min(in - 1, static_cast<int64_t>(std::ceil(at))));
    taps.push_back({low, high, static_cast<float>(at - static_cast<double>(low))});
  }
  return taps;
}

struct ResizeShape {
  int64_t batch, inHeight, inWidth, outHeight, outWidth, channels;
  std::vector<Tap> rows, columns;

  int64_t inImage() const { return inHeight * inWidth * channels; }
  int64_t outImage() const { return outHeight * outWidth * channels; }

  /** From an Int32Array: batch, sizes in and out, channels, align corners, half pixel centres. */
  static ResizeShape from(const Args& args, size_t index) {
    const int32_t* f = args.ints(index, 8);
    ResizeShape s{f[0], f[1], f[2], f[3], f[4], f[5], {}, {}};
    if (s.inHeight < 1 || s.inWidth < 1) throw std::invalid_argument("the image is empty");
    s.rows = tapsOf(s.inHeight, s.outHeight, f[6] != 0, f[7] != 0);
    s.columns = tapsOf(s.inWidth, s.outWidth, f[6] != 0, f[7] != 0);
    return s;
  }
};

/** resizeBilinear(x, y, shape) */
napi_value resizeBilinear(const Args& args) {
  const ResizeShape s = ResizeShape::from(args, 2);
  const float* x = args.floats(0, s.batch * s.inImage());
  float* y = args.floats(1, s.batch * s.outImage());
  parallelRanges(s.batch * s.outHeight, 1, s.batch * s.outImage() * 4, [&](int64_t begin, int64_t end, int) {
    for (int64_t line = begin; line < end; ++line) {
      const float* image = x + line / s.outHeight * s.inImage();
      const Tap& row = s.rows[static_cast<size_t>(line % s.outHeight)];
      const float *upper = image + row.low * s.inWidth * s.channels, *lower = image + row.high * s.inWidth * s.channels;
      float* target = y + line * s.outWidth * s.channels;
      for (const Tap& column : s.columns) {
        const int64_t left = column.low * s.channels, right = column.high * s.channels;
#pragma omp simd
        for (int64_t c = 0; c < s.channels; ++c) {
          const float top = upper[left + c] + (upper[right + c] - upper[left + c]) * column.share;
          const float bottom = lower[left + c] + (lower[right + c] - lower[left + c]) * column.share;
          target[c] = top + (bottom - top) * row.share;
        }
        target += s.channels;
      }
    }
  });
  return nullptr;
}

/** resizeBilinearGrad(dy, dx, shape) */
napi_value resizeBilinearGrad(const Args& args) {
  const ResizeShape s = ResizeShape::from(args, 2);
  const float* dy = args.floats(0, s.batch * s.outImage());
  float* dx = args.floats(1, s.batch * s.inImage());
  // output pixels share input pixels, so an image is never shared between threads
  parallelRanges(s.batch, 1, s.batch * s.outImage() * 4, [&](int64_t begin, int64_t end, int) {
    for (int64_t n = begin; n < end; ++n) {
      float* image = dx + n * s.inImage();
      std::memset(image, 0, static_cast<size_t>(s.inImage()) * sizeof(float));
      const float* slope = dy + n * s.outImage();
      for (const Tap& row : s.rows) {
        float *upper = image + row.low * s.inWidth * s.channels, *lower = image + row.high * s.inWidth * s.channels;
        for (const Tap& column : s.columns) {
          const float topLeft = (1.f - row.share) * (1.f - column.share), topRight = (1.f - row.share) * column.share;
          const float bottomLeft = row.share * (1.f - column.share), bottomRight = row.share * column.share;
          const int64_t left = column.low * s.channels, right = column.high * s.channels;
          // one corner after the other: they may be the same pixel
          for (int64_t c = 0; c < s.channels; ++c) upper[left + c] += slope[c] * topLeft;
          for (int64_t c = 0; c < s.channels; ++c) upper[right + c] += slope[c] * topRight;
          for (int64_t c = 0; c < s.channels; ++c) lower[left + c] += slope[c] * bottomLeft;
          for (int64_t c = 0; c < s.channels; ++c) lower[right + c] += slope[c] * bottomRight;
          slope += s.channels;
        }
      }
    }
  });
  return nullptr;
}

/** For each output position along one axis the nearest source position. */
std::vector<int64_t> nearestOf(int64_t in, int64_t out, bool alignCorners, bool halfPixelCenters) {
  const bool aligned = alignCorners && out > 1;
  const double ratio = static_cast<double>(aligned ? in - 1 : in) / static_cast<double>(aligned ? out - 1 : out);
  std::vector<int64_t> nearest;
  for (int64_t i = 0; i < out; ++i) {
    const double at = ratio * (static_cast<double>(i) + (halfPixelCenters ? 0.5 : 0.0));
    nearest.push_back(std::min(in - 1, static_cast<int64_t>(std::floor(alignCorners ? at + 0.5 : at))));
  }
  return nearest;
}

/** resizeNearest(x, y, shape, isGradient): y takes the nearest of x, or, as a gradient, x takes the sums of y. */
napi_value resizeNearest(const Args& args) {
  const int32_t* f = args.ints(2, 8);
  const int64_t batch = f[0], inHeight = f[1], inWidth = f[2], outHeight = f[3], outWidth = f[4], channels = f[5];
  if (inHeight < 1 || inWidth < 1) throw std::invalid_argument("the image is empty");
  const auto rows = nearestOf(inHeight, outHeight, f[6] != 0, f[7] != 0);
  const auto columns = nearestOf(inWidth, outWidth, f[6] != 0, f[7] != 0);
  const int64_t inImage = inHeight * inWidth * channels, outImage = outHeight * outWidth * channels;
  float *x = args.floats(0, batch * inImage), *y = args.floats(1, batch * outImage);
  const bool isGradient = args.integer(3) != 0;
  parallelRanges(batch, 1, batch * outImage, [&](int64_t begin, int64_t end, int) {
    for (int64_t n = begin; n < end; ++n) {
      float *image = x + n * inImage, *out = y + n * outImage;
      if (isGradient) std::memset(image, 0, static_cast<size_t>(inImage) * sizeof(float));
      for (const int64_t row : rows) {
        for (const int64_t column : columns) {
          float* pixel = image + (row * inWidth + column) * channels;
          if (isGradient) {
#pragma omp simd
            for (int64_t c = 0; c < channels; ++c) pixel[c] += out[c];
          } else {
            std::copy(pixel, pixel + channels, out);
          }
          out += channels;
        }
      }
    }
  });
  return nullptr;
}

/** Source position of pixel `i` of a crop over [from, to] in fractions of an axis of `in` pixels. */
float cropPosition(float from, float to, int64_t in, int64_t out, int64_t i) {
  const auto last = static_cast<float>(in - 1);
  if (out <= 1) return 0.5f * (from + to) * last;
  return from * last + static_cast<float>(i) * ((to - from) * last / static_cast<float>(out - 1));
}

/**
 * cropAndResize(images, boxes, indices, y, shape, outside): boxes are [y1, x1, y2, x2] in fractions of the image.
 * `shape` holds batch, height, width, channels, boxes, crop height, crop width, and 1 for the nearest pixel.
 */
napi_value cropAndResize(const Args& args) {
  const int32_t* f = args.ints(4, 8);
  const int64_t batch = f[0], height = f[1], width = f[2], channels = f[3], count = f[4], outHeight = f[5], outWidth = f[6];
  const bool isNearest = f[7] != 0;
  const float* images = args.floats(0, batch * height * width * channels);
  const float* boxes = args.floats(1, 4 * count);
  const int32_t* indices = args.ints(2, count);
  float* y = args.floats(3, count * outHeight * outWidth * channels);
  const auto outside = static_cast<float>(args.number(5));
  parallelRanges(count * outHeight, 1, count * outHeight * outWidth * channels * 4, [&](int64_t begin, int64_t end, int) {
    for (int64_t line = begin; line < end; ++line) {
      const float* box = boxes + line / outHeight * 4;
      const int64_t index = indices[line / outHeight];
      float* target = y + line * outWidth * channels;
      const float row = cropPosition(box[0], box[2], height, outHeight, line % outHeight);
      const bool isRowInside = index >= 0 && index < batch && row >= 0.f && row <= static_cast<float>(height - 1);
      for (int64_t i = 0; i < outWidth; ++i, target += channels) {
        const float column = cropPosition(box[1], box[3], width, outWidth, i);
        if (!isRowInside || !(column >= 0.f && column <= static_cast<float>(width - 1))) {
          std::fill(target, target + channels, outside);
          continue;
        }
        const float* image = images + index * height * width * channels;
        if (isNearest) {
          const auto nearest = [](float at) { return static_cast<int64_t>(std::floor(at + 0.5f)); };
          const float* source = image + (nearest(row) * width + nearest(column)) * channels;
          std::copy(source, source + channels, target);
          continue;
        }
        const auto top = static_cast<int64_t>(std::floor(row)), bottom = static_cast<int64_t>(std::ceil(row));
        const auto left = static_cast<int64_t>(std::floor(column)), right = static_cast<int64_t>(std::ceil(column));
        const float down = row - static_cast<float>(top), across = column - static_cast<float>(left);
        const float *a = image + (top * width + left) * channels, *b = image + (top * width + right) * channels;
        const float *d = image + (bottom * width + left) * channels, *e = image + (bottom * width + right) * channels;
#pragma omp simd
        for (int64_t c = 0; c < channels; ++c) {
          const float upper = a[c] + (b[c] - a[c]) * across, lower = d[c] + (e[c] - d[c]) * across;
          target[c] = upper + (lower - upper) * down;
        }
      }
    }
  });
  return nullptr;
}

}  // namespace

void registerResize(Exports& exports) {
  exports.add("resizeBilinear", entry<resizeBilinear>);
  exports.add("resizeBilinearGrad", entry<resizeBilinearGrad>);
  exports.add("resizeNearest", entry<resizeNearest>);
  exports.add("cropAndResize", entry<cropAndResize>);
}

}  // namespace crucible
