// What convolution with batch norm needs forward and backward: an input that is normalised while it is read, and the
// memory of a call.
#pragma once

#include "batch-norm-passes.h"
#include "chunked-conv.h"
#include "plan-cache.h"

namespace crucible {

/** The plans of these convolutions, by shape. */
PlanCache<ChunkedConv>& chunkedConvPlans();

/** Mean, variance, scale and shift of each channel, as a forward call leaves them for the calls that follow. */
struct ChannelCoefficients {
  float *mean, *variance, *scale, *shift;

  ChannelCoefficients(float* values, int64_t channels)
      : mean(values), variance(values + channels), scale(values + 2 * channels), shift(values + 3 * channels) {}
};

inline ChannelLayout rowsOf(int64_t rows, int64_t channels) { return {1, rows, channels, 1}; }

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

}  // namespace crucible
