// Memory for tensors: aligned, on huge pages when large, given back to the system when collected.
#include <sys/mman.h>

#include <cstdlib>
#include <new>

#include "kernels.h"

namespace crucible {
namespace {

constexpr size_t kPage = 4096;
constexpr size_t kHugePage = size_t{2} << 20;
constexpr size_t kMapFrom = size_t{64} << 10;
constexpr size_t kHugeFrom = size_t{1} << 20;

size_t roundUp(size_t value, size_t multiple) { return (value + multiple - 1) / multiple * multiple; }

void* mapPages(size_t bytes) {
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  return memory;
}

/** `bytes`, a multiple of the huge page, at a huge-page boundary: maps one page more and cuts the ends off. */
void* mapHugePages(size_t bytes) {
  char* start = static_cast<char*>(mapPages(bytes + kHugePage));
  char* aligned = reinterpret_cast<char*>(roundUp(reinterpret_cast<size_t>(start), kHugePage));
  if (aligned > start) munmap(start, static_cast<size_t>(aligned - start));
  char* end = start + bytes + kHugePage;
  if (end > aligned + bytes) munmap(aligned + bytes, static_cast<size_t>(end - (aligned + bytes)));
  madvise(aligned, bytes, MADV_HUGEPAGE);
  return aligned;
}

void unmap(napi_env, void* memory, void* bytes) { munmap(memory, reinterpret_cast<size_t>(bytes)); }
void release(napi_env, void* memory, void*) { std::free(memory); }

/** allocate(bytes) -> ArrayBuffer with undefined contents, or undefined where Node refuses foreign memory. */
napi_value allocate(const Args& args) {
  const double wanted = args.number(0);
  if (!(wanted >= 0) || wanted > 1e13) throw std::invalid_argument("byte count out of range");
  const size_t bytes = roundUp(wanted < 64 ? 64 : static_cast<size_t>(wanted), 64);
  napi_value buffer = nullptr;
  napi_status status;
  if (bytes >= kMapFrom) {
    const bool huge = bytes >= kHugeFrom;
    const size_t mapped = roundUp(bytes, huge ? kHugePage : kPage);
    void* memory = huge ? mapHugePages(mapped) : mapPages(mapped);
    status = napi_create_external_arraybuffer(args.env(), memory, bytes, unmap, reinterpret_cast<void*>(mapped), &buffer);
    if (status != napi_ok) munmap(memory, mapped);
  } else {
    void* memory = nullptr;
    if (posix_memalign(&memory, 64, bytes) != 0) throw std::bad_alloc();
    status = napi_create_external_arraybuffer(args.env(), memory, bytes, release, nullptr, &buffer);
    if (status != napi_ok) std::free(memory);
  }
  if (status != napi_ok) {
    napi_get_undefined(args.env(), &buffer);
  }
  return buffer;
}

}  // namespace

void registerAlloc(Exports& exports) { exports.add("allocate", entry<allocate>); }

}  // namespace crucible
