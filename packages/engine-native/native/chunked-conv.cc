#include "chunked-conv.h"

#include <algorithm>

namespace crucible {
namespace {

using dnnl::memory;

/** Bytes of the source and the destination of a chunk: with copies of both they take about half of a usual L2 cache. */
constexpr int64_t kChunkBytes = int64_t{512} << 10;

int64_t chunkImagesOf(const ChunkedConvShape& s) {
  const int64_t bytes = (s.inImage() + s.outImage()) * (s.isBf16 ? 2 : 4);
  return std::clamp<int64_t>(kChunkBytes / bytes, 1, s.batch);
}

int threadsOf(const ChunkedConvShape& s, int64_t chunks) {
  const int threads = threadsFor(s.batch * (s.inImage() + s.outImage()));
  return static_cast<int>(std::min<int64_t>(threads, chunks));
}

/** Makes oneDNN plan for one thread while it lives: every thread runs primitives of its own. */
class OneThread {
 public:
  OneThread() : threads_(omp_get_max_threads()) { omp_set_num_threads(1); }
  ~OneThread() { omp_set_num_threads(threads_); }

 private:
  int threads_;
};

#if DNNL_VERSION_MAJOR >= 3
template <class Primitive, class... Arguments>
typename Primitive::primitive_desc describe(const dnnl::primitive_attr& attr, Arguments... arguments) {
  return typename Primitive::primitive_desc(cpuEngine(), arguments..., attr);
}
#else
template <class Primitive, class... Arguments>
typename Primitive::primitive_desc describe(const dnnl::primitive_attr& attr, Arguments... arguments) {
  return typename Primitive::primitive_desc(typename Primitive::desc(arguments...), attr, cpuEngine());
}
#endif

}  // namespace

ThreadedPrimitive::ThreadedPrimitive(dnnl::primitive primitive, std::vector<std::pair<int, memory::desc>> arguments,
                                     int threads)
    : primitive_(std::move(primitive)), arguments_(static_cast<size_t>(threads)) {
  for (const auto& [name, desc] : arguments) {
    order_.push_back(name);
    for (auto& ofThread : arguments_) ofThread.emplace(name, unboundMemory(desc));
  }
  scratchBytes_ = arguments.back().second.get_size();
}

void ThreadedPrimitive::run(int thread, std::initializer_list<void*> data) {
  auto& arguments = arguments_[static_cast<size_t>(thread)];
  size_t at = 0;
  for (void* pointer : data) arguments.at(order_[at++]).set_data_handle(pointer);
  primitive_.execute(cpuStream(), arguments);
}

ChunkedConv::ChunkedConv(const ChunkedConvShape& s)
    : shape(s),
      threads(threadsOf(s, (s.batch + chunkImagesOf(s) - 1) / chunkImagesOf(s))),
      chunkImages(chunkImagesOf(s)),
      chunks((s.batch + chunkImages - 1) / chunkImages) {
  const OneThread oneThread;
  make(whole_, chunkImages);
  if (s.batch % chunkImages != 0) make(rest_, s.batch % chunkImages);
}

void ChunkedConv::make(ChunkPrimitives& primitives, int64_t images) {
  using dnnl::algorithm;
  using dnnl::prop_kind;
  const auto& s = shape;
  const auto type = s.isBf16 ? memory::data_type::bf16 : memory::data_type::f32;
  const auto f32 = memory::data_type::f32;
  const auto nhwc = memory::format_tag::nhwc;
  const auto attr = attributes(Activation::kNone);
  const memory::dim in = s.inChannels, out = s.outChannels, size = s.filterSize();
  const memory::desc source({images, in, s.inHeight, s.inWidth}, type, nhwc);
  const memory::desc destination({images, out, s.outHeight, s.outWidth}, type, nhwc);
  const memory::dims strides{s.strideHeight, s.strideWidth}, begin{s.padTop, s.padLeft}, end{s.padBottom, s.padRight};
  const auto method = algorithm::convolution_direct;
  const bool isFirst = packedBytes_ == 0;

  // [KH, KW, C, 1] is {C, 1, 1, KH, KW}; [1, 1, I, O] is {O, I, 1, 1} forward and {I, O, 1, 1} backward
  const memory::dims dims = s.isDepthwise ? memory::dims{out, 1, 1, s.filterHeight, s.filterWidth} : memory::dims{out, in, 1, 1};
  const memory::desc user(dims, f32, s.isDepthwise ? memory::dims{1, 1, 1, s.filterWidth * out, out} : memory::dims{1, out, size, size});
  const memory::desc any(dims, type, memory::format_tag::any), anyGradient(dims, f32, memory::format_tag::any);
  const auto forward = describe<dnnl::convolution_forward>(attr, prop_kind::forward_training, method, source,
                                                           isFirst ? any : forwardDesc_, destination, strides, begin, end);
  primitives.images = images;
  primitives.forward = ThreadedPrimitive(dnnl::convolution_forward(forward),
                                         {{DNNL_ARG_SRC, source},
                                          {DNNL_ARG_WEIGHTS, forward.weights_desc()},
                                          {DNNL_ARG_DST, destination},
                                          {DNNL_ARG_SCRATCHPAD, forward.scratchpad_desc()}},
                                         threads);

  memory::desc gradientUser = user;
  if (s.isDepthwise) {
#if DNNL_VERSION_MAJOR >= 3
    const dnnl::convolution_backward_data::primitive_desc data(
        cpuEngine(), method, source, isFirst ? any : gradientDesc_, destination, strides, begin, end, forward, attr);
    const dnnl::convolution_backward_weights::primitive_desc filter(
        cpuEngine(), method, source, isFirst ? anyGradient : sumsDesc_, destination, strides, begin, end, forward, attr);
#else
    const dnnl::convolution_backward_data::primitive_desc data(
        {method, source, isFirst ? any : gradientDesc_, destination, strides, begin, end}, attr, cpuEngine(), forward);
    const dnnl::convolution_backward_weights::primitive_desc filter(
        {method, source, isFirst ? anyGradient : sumsDesc_, destination, strides, begin, end}, attr, cpuEngine(), forward);
#endif
    gradientDesc_ = data.weights_desc();
    sumsDesc_ = filter.diff_weights_desc();
    primitives.inputGradient = ThreadedPrimitive(dnnl::convolution_backward_data(data),
                                                 {{DNNL_ARG_DIFF_DST, destination},
                                                  {DNNL_ARG_WEIGHTS, gradientDesc_},
                                                  {DNNL_ARG_DIFF_SRC, source},
                                                  {DNNL_ARG_SCRATCHPAD, data.scratchpad_desc()}},
                                                 threads);
    primitives.filterGradient = ThreadedPrimitive(dnnl::convolution_backward_weights(filter),
                                                  {{DNNL_ARG_SRC, source},
                                                   {DNNL_ARG_DIFF_DST, destination},
                                                   {DNNL_ARG_DIFF_WEIGHTS, sumsDesc_},
                                                   {DNNL_ARG_SCRATCHPAD, filter.scratchpad_desc()}},
                                                  threads);
  } else {
    // oneDNN's forward code is the faster one for pointwise filters, and dx is a pointwise convolution of dy
    gradientUser = memory::desc({in, out, 1, 1}, f32, memory::dims{out, 1, size, size});
    const memory::desc anyTurned({in, out, 1, 1}, type, memory::format_tag::any);
    const auto data = describe<dnnl::convolution_forward>(attr, prop_kind::forward_training, method, destination,
                                                          isFirst ? anyTurned : gradientDesc_, source, strides, begin, end);
    gradientDesc_ = data.weights_desc();
    primitives.inputGradient = ThreadedPrimitive(dnnl::convolution_forward(data),
                                                 {{DNNL_ARG_SRC, destination},
                                                  {DNNL_ARG_WEIGHTS, gradientDesc_},
                                                  {DNNL_ARG_DST, source},
                                                  {DNNL_ARG_SCRATCHPAD, data.scratchpad_desc()}},
                                                 threads);
    const memory::dim rows = images * s.outPixels();
    const memory::desc left({in, rows}, type, memory::dims{1, in}), right({rows, out}, type, memory::dims{out, 1});
    sumsDesc_ = memory::desc({in, out}, f32, memory::dims{out, 1});
    auto adding = attributes(Activation::kNone);
    dnnl::post_ops sum;
    sum.append_sum(1.f);
    adding.set_post_ops(sum);
    const auto product = describe<dnnl::matmul>(adding, left, right, sumsDesc_);
    primitives.filterGradient = ThreadedPrimitive(dnnl::matmul(product),
                                                  {{DNNL_ARG_SRC, left},
                                                   {DNNL_ARG_WEIGHTS, right},
                                                   {DNNL_ARG_DST, sumsDesc_},
                                                   {DNNL_ARG_SCRATCHPAD, product.scratchpad_desc()}},
                                                  threads);
  }
  scratchBytes_ = std::max({scratchBytes_, primitives.forward.scratchBytes(), primitives.inputGradient.scratchBytes(),
                            primitives.filterGradient.scratchBytes()});
  if (!isFirst) return;
  forwardDesc_ = forward.weights_desc();
  packedBytes_ = std::max(forwardDesc_.get_size(), gradientDesc_.get_size());
  filterGradientBytes_ = sumsDesc_.get_size();
  filterForward_ = unboundMemory(user);
  packedForward_ = unboundMemory(forwardDesc_);
  filterGradient_ = unboundMemory(gradientUser);
  packedGradient_ = unboundMemory(gradientDesc_);
  sums_ = unboundMemory(sumsDesc_);
  filterUser_ = unboundMemory(s.isDepthwise ? user : sumsDesc_);
  forwardPack_ = dnnl::reorder(filterForward_, packedForward_);
  gradientPack_ = dnnl::reorder(filterGradient_, packedGradient_);
  unpack_ = dnnl::reorder(sums_, filterUser_);
}

void ChunkedConv::pack(dnnl::reorder& reorder, memory& from, memory& to, void* source, void* target) {
  from.set_data_handle(source);
  to.set_data_handle(target);
  reorder.execute(cpuStream(), from, to);
  cpuStream().wait();
}

}  // namespace crucible
