// One optimizer step of Adam or AdamW for all parameters of a network.
#include <cmath>

#include "../kernels.h"
#include "../parameters.h"

namespace crucible {
namespace {

/** Numbers per parameter, in the order JavaScript gives them. */
struct Settings {
  float rate;              // learning rate over the first bias correction
  float keptFirst;         // beta1
  float freshFirst;        // 1 - beta1, computed in double
  float keptSecond;        // beta2
  float freshSecond;       // 1 - beta2
  float secondCorrection;  // 1 / sqrt(1 - beta2^t)
  float epsilon;
  float penalty;  // L2 penalty, part of the gradient
  float shrink;   // 1 - learning rate * weight decay, 1 if the decay is part of the gradient
};
constexpr int64_t kFields = sizeof(Settings) / sizeof(float);

struct Parameter {
  float* weights;
  const float* gradient;
  float *first, *second;
  int64_t size;
  Settings settings;
};

void update(const Parameter& p, int64_t begin, int64_t end) {
  float *w = p.weights, *m = p.first, *v = p.second;
  const float* g = p.gradient;
  const Settings s = p.settings;
#pragma omp simd
  for (int64_t i = begin; i < end; ++i) {
    const float slope = g[i] + s.penalty * w[i];
    const float first = s.keptFirst * m[i] + s.freshFirst * slope;
    const float second = s.keptSecond * v[i] + s.freshSecond * slope * slope;
    m[i] = first;
    v[i] = second;
    w[i] = s.shrink * w[i] - s.rate * first / (std::sqrt(second) * s.secondCorrection + s.epsilon);
  }
}

/** adamStep(weights[], gradients[], firstMoments[], secondMoments[], settings): nine numbers per parameter. */
napi_value adamStep(const Args& args) {
  const uint32_t count = args.listLength(0);
  for (size_t list = 1; list < 4; ++list) {
    if (args.listLength(list) != count) throw std::invalid_argument("lists differ in length");
  }
  const float* settings = args.floats(4, kFields * count);
  std::vector<Parameter> parameters(count);
  for (uint32_t i = 0; i < count; ++i) {
    Parameter& p = parameters[i];
    p.weights = args.listFloats(0, i, 0, &p.size);
    p.gradient = args.listFloats(1, i, p.size);
    p.first = args.listFloats(2, i, p.size);
    p.second = args.listFloats(3, i, p.size);
    std::copy(settings + kFields * i, settings + kFields * (i + 1), reinterpret_cast<float*>(&p.settings));
  }
  forParameters(parameters, update);
  return nullptr;
}

}  // namespace

void registerAdam(Exports& exports) { exports.add("adamStep", entry<adamStep>); }

}  // namespace crucible
