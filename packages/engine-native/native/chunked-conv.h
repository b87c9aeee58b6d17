// Pointwise and depthwise convolutions done in chunks of images that stay in the nearest caches, each chunk by one
// thread, so that what comes before and after the convolution reads and writes those caches instead of memory.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "onednn.h"
#include "parallel.h"

namespace crucible {

/** What a plan depends on; the order is that of the Int32Array JavaScript fills. */
struct ChunkedConvShape {
  int32_t isDepthwise, batch, inHeight, inWidth, inChannels, outHeight, outWidth, outChannels;
  int32_t filterHeight, filterWidth, strideHeight, strideWidth, padTop, padLeft, padBottom, padRight, isBf16;

  int64_t inImage() const { return int64_t{inHeight} * inWidth * inChannels; }
  int64_t outImage() const { return int64_t{outHeight} * outWidth * outChannels; }
  int64_t outPixels() const { return int64_t{outHeight} * outWidth; }
  int64_t filterSize() const {
    return int64_t{filterHeight} * filterWidth * (isDepthwise ? 1 : inChannels) * outChannels;
  }
};

/** A primitive with the memory objects of each thread. */
class ThreadedPrimitive {
 public:
  ThreadedPrimitive() = default;
  ThreadedPrimitive(dnnl::primitive primitive, std::vector<std::pair<int, dnnl::memory::desc>> arguments, int threads);

  /** Runs within the calling thread. `data` has one pointer for each argument; the last argument is the scratchpad. */
  void run(int thread, std::initializer_list<void*> data);

  size_t scratchBytes() const { return scratchBytes_; }

 private:
  dnnl::primitive primitive_;
  std::vector<std::unordered_map<int, dnnl::memory>> arguments_;
  std::vector<int> order_;
  size_t scratchBytes_ = 0;
};

/** The primitives for one number of images. */
struct ChunkPrimitives {
  int64_t images = 0;
  ThreadedPrimitive forward;         // source, weights, destination
  ThreadedPrimitive inputGradient;   // destination gradient, weights, source gradient
  ThreadedPrimitive filterGradient;  // source, destination gradient, filter gradient
};

class ChunkedConv {
 public:
  /** Throws `dnnl::error` if oneDNN refuses the shape. */
  explicit ChunkedConv(const ChunkedConvShape& shape);

  const ChunkedConvShape shape;
  const int threads;
  const int64_t chunkImages, chunks;

  /** Bytes of a reordered filter, and of the sums of filter gradients of a thread. */
  size_t packedBytes() const { return packedBytes_; }
  size_t filterGradientBytes() const { return filterGradientBytes_; }
  /** Scratchpad of any of the primitives. */
  size_t scratchBytes() const { return scratchBytes_; }

  void packForward(float* filter, void* packed) { pack(forwardPack_, filterForward_, packedForward_, filter, packed); }
  void packGradient(float* filter, void* packed) { pack(gradientPack_, filterGradient_, packedGradient_, filter, packed); }
  /** Writes the summed filter gradient in the filter's own order. */
  void unpackFilterGradient(void* sums, float* filter) { pack(unpack_, sums_, filterUser_, sums, filter); }

  /** True if the primitive of the filter gradient adds to its result instead of replacing it. */
  bool addsFilterGradient() const { return !shape.isDepthwise; }

  /** Primitives for the images of a chunk; the last one may have fewer. */
  ChunkPrimitives& primitives(int64_t images) { return images == chunkImages ? whole_ : rest_; }

  /** Calls `body(firstImage, images, thread)` for all chunks, each thread taking consecutive ones. */
  template <class Body>
  void forChunks(Body body) const {
    const int64_t part = (chunks + threads - 1) / threads;
#pragma omp parallel num_threads(threads) if (threads > 1)
    {
      const int thread = threads > 1 ? omp_get_thread_num() : 0;
      for (int64_t chunk = thread * part; chunk < std::min(chunks, (thread + 1) * part); ++chunk) {
        const int64_t first = chunk * chunkImages;
        body(first, std::min<int64_t>(chunkImages, shape.batch - first), thread);
      }
    }
  }

 private:
  void make(ChunkPrimitives& primitives, int64_t images);
  void pack(dnnl::reorder& reorder, dnnl::memory& from, dnnl::memory& to, void* source, void* target);

  ChunkPrimitives whole_, rest_;
  dnnl::memory::desc forwardDesc_, gradientDesc_, sumsDesc_;  // formats that the first chunk size chose
  dnnl::memory filterForward_, packedForward_, filterGradient_, packedGradient_, sums_, filterUser_;
  dnnl::reorder forwardPack_, gradientPack_, unpack_;
  size_t packedBytes_ = 0, filterGradientBytes_ = 0, scratchBytes_ = 0;
};

}  // namespace crucible
