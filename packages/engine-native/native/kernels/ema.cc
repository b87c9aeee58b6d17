// Exponential moving averages of all parameters of a network.
#include "../kernels.h"
#include "../parameters.h"

namespace crucible {
namespace {

struct Average {
  float* average;
  const float* value;
  int64_t size;
};

/** emaStep(averages[], values[], decay): average = decay * average + (1 - decay) * value. */
napi_value emaStep(const Args& args) {
  const uint32_t count = args.listLength(0);
  if (args.listLength(1) != count) throw std::invalid_argument("lists differ in length");
  const double decay = args.number(2);
  const float kept = static_cast<float>(decay), fresh = static_cast<float>(1.0 - decay);
  std::vector<Average> averages(count);
  for (uint32_t i = 0; i < count; ++i) {
    Average& a = averages[i];
    a.average = args.listFloats(0, i, 0, &a.size);
    a.value = args.listFloats(1, i, a.size);
  }
  forParameters(averages, [&](const Average& a, int64_t begin, int64_t end) {
    float* average = a.average;
    const float* value = a.value;
#pragma omp simd
    for (int64_t i = begin; i < end; ++i) average[i] = kept * average[i] + fresh * value[i];
  });
  return nullptr;
}

}  // namespace

void registerEma(Exports& exports) { exports.add("emaStep", entry<emaStep>); }

}  // namespace crucible
