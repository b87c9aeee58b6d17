#include "onednn.h"

#include <sys/mman.h>

#include <new>

namespace crucible {

const dnnl::engine& cpuEngine() {
  static const auto* engine = new dnnl::engine(dnnl::engine::kind::cpu, 0);  // lives as long as the process
  return *engine;
}

dnnl::stream& cpuStream() {
  static auto* stream = new dnnl::stream(cpuEngine());
  return *stream;
}

void* scratch(size_t bytes) {
  constexpr size_t kHugePage = size_t{2} << 20;
  static void* memory = nullptr;
  static size_t capacity = 0;
  if (bytes <= capacity) return memory;
  if (memory != nullptr) munmap(memory, capacity);
  memory = nullptr;
  capacity = 0;
  const size_t wanted = (bytes + kHugePage - 1) / kHugePage * kHugePage;
  void* fresh = mmap(nullptr, wanted, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (fresh == MAP_FAILED) throw std::bad_alloc();
  madvise(fresh, wanted, MADV_HUGEPAGE);
  memory = fresh;
  capacity = wanted;
  return memory;
}

dnnl::memory unboundMemory(const dnnl::memory::desc& desc) { return dnnl::memory(desc, cpuEngine(), nullptr); }

dnnl::primitive_attr attributes(Activation activation) {
  dnnl::primitive_attr result;
  result.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  if (activation == Activation::kNone) return result;
  const auto algorithm =
      activation == Activation::kRelu ? dnnl::algorithm::eltwise_relu : dnnl::algorithm::eltwise_clip;
  const float upper = activation == Activation::kRelu ? 0.f : 6.f;
  dnnl::post_ops operations;
#if DNNL_VERSION_MAJOR >= 3
  operations.append_eltwise(algorithm, 0.f, upper);
#else
  operations.append_eltwise(1.f, algorithm, 0.f, upper);
#endif
  result.set_post_ops(operations);
  return result;
}

}  // namespace crucible
