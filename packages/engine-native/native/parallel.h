// Splitting of loops over threads. Every split depends on sizes and thread count alone, so results repeat.
#pragma once

#include <omp.h>

#include <algorithm>
#include <cstdint>

namespace crucible {

/** Elements below which starting threads costs more than it saves. */
constexpr int64_t kParallelElements = 32768;

/** Threads worth using on `elements` of simple work. */
inline int threadsFor(int64_t elements) { return elements < kParallelElements ? 1 : omp_get_max_threads(); }

/**
 * While it lives, oneDNN works with `threadsFor(elements)` threads. It would wake all of them for any work, which takes
 * longer than a small product. A primitive must be made and executed under the same limit.
 */
class ThreadLimit {
 public:
  explicit ThreadLimit(int64_t elements) : before_(omp_get_max_threads()) { omp_set_num_threads(threadsFor(elements)); }
  ~ThreadLimit() { omp_set_num_threads(before_); }
  ThreadLimit(const ThreadLimit&) = delete;
  ThreadLimit& operator=(const ThreadLimit&) = delete;

 private:
  const int before_;
};

/**
 * Calls `body(begin, end, thread)` on consecutive parts of `[0, count)`, one part a thread.
 *
 * @param grain parts begin at multiples of it
 * @param elements size of the whole work; decides how many threads are used
 */
template <class Body>
void parallelRanges(int64_t count, int64_t grain, int64_t elements, Body body) {
  const int threads = threadsFor(elements);
  if (threads == 1) {
    body(int64_t{0}, count, 0);
    return;
  }
  const int64_t part = ((count + threads - 1) / threads + grain - 1) / grain * grain;
#pragma omp parallel num_threads(threads)
  {
    const int thread = omp_get_thread_num();
    const int64_t begin = std::min(count, thread * part);
    const int64_t end = std::min(count, begin + part);
    if (begin < end) body(begin, end, thread);
  }
}

/** As `parallelRanges` for a flat array: parts begin at cache lines. */
template <class Body>
void parallelElements(int64_t count, Body body) {
  parallelRanges(count, 64, count, [&](int64_t begin, int64_t end, int) { body(begin, end); });
}

}  // namespace crucible
