// One optimizer step of stochastic gradient descent for all parameters of a network.
#include "../kernels.h"
#include "../parameters.h"

namespace crucible {
namespace {

struct Parameter {
  float* weights;
  const float* gradient;
  float* velocity;  // null without momentum
  int64_t size;
  float learningRate, momentum, weightDecay;
  bool nesterov;
};

void update(const Parameter& p, int64_t begin, int64_t end) {
  float* w = p.weights;
  const float* g = p.gradient;
  float* v = p.velocity;
  const float rate = p.learningRate, momentum = p.momentum, decay = p.weightDecay;
  if (v == nullptr) {
#pragma omp simd
    for (int64_t i = begin; i < end; ++i) w[i] -= rate * (g[i] + decay * w[i]);
  } else if (p.nesterov) {
#pragma omp simd
    for (int64_t i = begin; i < end; ++i) {
      const float slope = g[i] + decay * w[i];
      const float speed = momentum * v[i] + slope;
      v[i] = speed;
      w[i] -= rate * (slope + momentum * speed);
    }
  } else {
#pragma omp simd
    for (int64_t i = begin; i < end; ++i) {
      const float speed = momentum * v[i] + (g[i] + decay * w[i]);
      v[i] = speed;
      w[i] -= rate * speed;
    }
  }
}

/**
 * sgdStep(weights[], gradients[], velocities[], settings)
 *
 * `settings` has four numbers per parameter: learning rate, momentum, weight decay, nesterov (0 or 1).
 * A velocity of length 0 means that the parameter has no momentum.
 */
napi_value sgdStep(const Args& args) {
  const uint32_t count = args.listLength(0);
  if (args.listLength(1) != count || args.listLength(2) != count) throw std::invalid_argument("lists differ in length");
  const float* settings = args.floats(3, int64_t{4} * count);
  std::vector<Parameter> parameters(count);
  for (uint32_t i = 0; i < count; ++i) {
    Parameter& p = parameters[i];
    p.weights = args.listFloats(0, i, 0, &p.size);
    p.gradient = args.listFloats(1, i, p.size);
    int64_t velocitySize = 0;
    p.velocity = args.listFloats(2, i, 0, &velocitySize);
    if (velocitySize == 0) p.velocity = nullptr;
    else args.listFloats(2, i, p.size);
    p.learningRate = settings[4 * i];
    p.momentum = settings[4 * i + 1];
    p.weightDecay = settings[4 * i + 2];
    p.nesterov = settings[4 * i + 3] != 0.f;
  }
  forParameters(parameters, update);
  return nullptr;
}

}  // namespace

void registerSgd(Exports& exports) { exports.add("sgdStep", entry<sgdStep>); }

}  // namespace crucible
