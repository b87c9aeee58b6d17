// Loops over all parameters of a network, for optimizer steps.
#pragma once

#include <vector>

#include "parallel.h"

namespace crucible {

/** Calls `update(parameter, begin, end)` for parts of each parameter, which has a `size`, spread over threads. */
template <class Parameter, class Update>
void forParameters(const std::vector<Parameter>& parameters, Update update) {
  int64_t elements = 0;
  for (const Parameter& p : parameters) elements += p.size;
  const int threads = threadsFor(elements);
#pragma omp parallel num_threads(threads)
  {
    const int64_t thread = omp_get_thread_num();
    for (const Parameter& p : parameters) {
      const int64_t part = ((p.size + threads - 1) / threads + 63) / 64 * 64;
      const int64_t begin = std::min(p.size, thread * part);
      update(p, begin, std::min(p.size, begin + part));
    }
  }
}

}  // namespace crucible
