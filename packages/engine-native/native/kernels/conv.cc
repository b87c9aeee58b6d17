// 2-D convolution, plain and grouped: forward, gradient of the input, gradient of the weights.
#include "../conv-plan.h"
#include "../kernels.h"
#include "../plan-cache.h"

namespace crucible {
namespace {

using dnnl::memory;

constexpr size_t kFields = sizeof(ConvShape) / sizeof(int32_t);

PlanCache<ConvPlan>& plans() {
  static auto* cache = new PlanCache<ConvPlan>(1024);  // never destroyed: oneDNN may be gone first at exit
  return *cache;
}

/**
 * convPlan(shape, sizes) -> plan number, or -1 if oneDNN refuses the shape.
 * Writes to `sizes[0]` how many floats a packed copy of the weights takes, 0 if none is needed.
 */
napi_value convPlan(const Args& args) {
  const int32_t* fields = args.ints(0, kFields);
  int32_t* sizes = args.ints(1, 1);
  const int64_t number = plans().find(fields, kFields, [&]() -> std::unique_ptr<ConvPlan> {
    ConvShape shape;
    std::copy(fields, fields + kFields, reinterpret_cast<int32_t*>(&shape));
    try {
      return makeConvPlan(shape);
    } catch (const dnnl::error&) {
      return nullptr;  // an ordinary answer: the caller has other ways
    }
  });
  sizes[0] = 0;
  if (number >= 0) {
    const ConvPlan& plan = plans().at(number);
    if (plan.needsReorder && plan.kind != kBackwardWeights) {
      sizes[0] = static_cast<int32_t>((plan.packedBytes + sizeof(float) - 1) / sizeof(float));
    }
  }
  return args.toNumber(static_cast<double>(number));
}

/**
 * convRun(plan, source, weights, destination, bias | null, packed | null, mustPack)
 *
 * Forward reads source, weights, bias and writes destination. Backward data reads destination and
 * weights and writes source. Backward weights reads source and destination, writes weights and bias.
 * In a bf16 plan source and destination are bf16; weights, bias and their gradients are always floats.
 */
napi_value convRun(const Args& args) {
  ConvPlan& plan = plans().at(args.integer(0));
  const auto data = [&](size_t index, int64_t size) -> void* {
    if (plan.isBf16) return args.bf16(index, size);
    return args.floats(index, size);
  };
  plan.source.set_data_handle(data(1, plan.sourceSize));
  float* user = args.floats(2, plan.weightsSize);
  plan.destination.set_data_handle(data(3, plan.destinationSize));
  if (plan.hasBias) plan.bias.set_data_handle(args.floats(4, plan.biasSize));
  const bool packs = plan.needsReorder && plan.kind != kBackwardWeights;
  const auto packedFloats = static_cast<int64_t>((plan.packedBytes + sizeof(float) - 1) / sizeof(float));
  float* packed = packs ? args.floats(5, packedFloats) : nullptr;
  const bool mustPack = packs && args.integer(6) != 0;

  const size_t gradientBytes =
      plan.needsReorder && plan.kind == kBackwardWeights ? (plan.packedBytes + 4095) / 4096 * 4096 : 0;
  char* work = static_cast<char*>(scratch(gradientBytes + plan.columnBytes + plan.scratchBytes + 64));
  plan.scratchpad.set_data_handle(work + gradientBytes + plan.columnBytes);
  plan.userWeights.set_data_handle(user);
  plan.weights.set_data_handle(packs ? static_cast<void*>(packed) : gradientBytes > 0 ? static_cast<void*>(work) : user);

  dnnl::stream& stream = cpuStream();
  if (mustPack && plan.taps.empty()) plan.reorder.execute(stream, plan.userWeights, plan.weights);
  if (mustPack) {
    for (TapReorder& tap : plan.taps) {
      tap.user.set_data_handle(user + tap.offset);
      tap.packed.set_data_handle(packed);
      tap.reorder.execute(stream, tap.user, tap.packed);
    }
  }
  std::unordered_map<int, memory> arguments{{DNNL_ARG_SCRATCHPAD, plan.scratchpad}};
  if (plan.columnBytes > 0) {
    const memory& from = plan.kind == kForward ? plan.source : plan.destination;
    const memory& to = plan.kind == kForward ? plan.destination : plan.source;
    plan.columns.set_data_handle(work);
    plan.product.set_data_handle(to.get_data_handle());
    writeColumns(plan.windows, static_cast<const Bf16*>(from.get_data_handle()), reinterpret_cast<Bf16*>(work));
    arguments.insert({{DNNL_ARG_SRC, plan.columns}, {DNNL_ARG_WEIGHTS, plan.weights}, {DNNL_ARG_DST, plan.product}});
    plan.primitive.execute(stream, arguments);
    stream.wait();
    return nullptr;
  }
  switch (plan.kind) {
    case kForward:
      arguments.insert({{DNNL_ARG_SRC, plan.source}, {DNNL_ARG_WEIGHTS, plan.weights}, {DNNL_ARG_DST, plan.destination}});
      if (plan.hasBias) arguments.insert({DNNL_ARG_BIAS, plan.bias});
      break;
    case kBackwardData:
      if (!plan.taps.empty()) {
        arguments.insert(
            {{DNNL_ARG_SRC, plan.destination}, {DNNL_ARG_WEIGHTS, plan.weights}, {DNNL_ARG_DST, plan.source}});
        break;
      }
      arguments.insert(
          {{DNNL_ARG_DIFF_SRC, plan.source}, {DNNL_ARG_WEIGHTS, plan.weights}, {DNNL_ARG_DIFF_DST, plan.destination}});
      break;
    case kBackwardWeights:
      arguments.insert(
          {{DNNL_ARG_SRC, plan.source}, {DNNL_ARG_DIFF_WEIGHTS, plan.weights}, {DNNL_ARG_DIFF_DST, plan.destination}});
      if (plan.hasBias) arguments.insert({DNNL_ARG_DIFF_BIAS, plan.bias});
      break;
  }
  plan.primitive.execute(stream, arguments);
  if (gradientBytes > 0) plan.reorder.execute(stream, plan.weights, plan.userWeights);
  stream.wait();
  return nullptr;
}

/** convImplementation(plan) -> oneDNN's name of the code it chose, e.g. `brgconv:avx512_core`. */
napi_value convImplementation(const Args& args) {
  const ConvPlan& plan = plans().at(args.integer(0));
  const_dnnl_primitive_desc_t desc = nullptr;
  const char* name = "";
  dnnl_primitive_get_primitive_desc(plan.primitive.get(), &desc);
  dnnl_primitive_desc_query(desc, dnnl_query_impl_info_str, 0, &name);
  napi_value text;
  napi_create_string_utf8(args.env(), name, NAPI_AUTO_LENGTH, &text);
  return text;
}

}  // namespace

void registerConv(Exports& exports) {
  exports.add("convPlan", entry<convPlan>);
  exports.add("convRun", entry<convRun>);
  exports.add("convImplementation", entry<convImplementation>);
}

}  // namespace crucible
