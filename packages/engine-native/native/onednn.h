// The one oneDNN engine and stream of the process, and the scratch memory all primitives share.
#pragma once

#include <dnnl.hpp>

#include <cstddef>

namespace crucible {

const dnnl::engine& cpuEngine();
dnnl::stream& cpuStream();

/** At least `bytes` of memory, valid until the next call. Grows, never shrinks; contents are undefined. */
void* scratch(size_t bytes);

/** Memory object without data: its handle is set before each execution. */
dnnl::memory unboundMemory(const dnnl::memory::desc& desc);

/** Attributes of every primitive here: scratchpad from `scratch`, optional activation after the result. */
enum class Activation { kNone = 0, kRelu = 1, kRelu6 = 2 };
dnnl::primitive_attr attributes(Activation activation);

}  // namespace crucible
