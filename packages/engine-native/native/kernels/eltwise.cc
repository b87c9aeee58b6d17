// Transcendental functions of one array, through oneDNN's vector code.
#include "../kernels.h"
#include "../onednn.h"
#include "../parallel.h"
#include "../plan-cache.h"

namespace crucible {
namespace {

using dnnl::memory;

enum Function { kExp = 0, kLog = 1, kSigmoid = 2, kTanh = 3 };

struct EltwisePlan {
  dnnl::eltwise_forward primitive;
  memory input, output, scratchpad;
  size_t scratchBytes = 0;
};

dnnl::algorithm algorithmOf(int function) {
  switch (function) {
    case kExp: return dnnl::algorithm::eltwise_exp;
    case kLog: return dnnl::algorithm::eltwise_log;
    case kSigmoid: return dnnl::algorithm::eltwise_logistic;
    case kTanh: return dnnl::algorithm::eltwise_tanh;
    default: throw std::invalid_argument("unknown function");
  }
}

std::unique_ptr<EltwisePlan> makePlan(int function, int64_t size) {
  auto plan = std::make_unique<EltwisePlan>();
  const memory::desc desc({size}, memory::data_type::f32, memory::format_tag::a);
  const auto attr = attributes(Activation::kNone);
  const auto kind = dnnl::prop_kind::forward_inference;
#if DNNL_VERSION_MAJOR >= 3
  const dnnl::eltwise_forward::primitive_desc primitive(cpuEngine(), kind, algorithmOf(function), desc, desc, 0.f, 0.f, attr);
#else
  const dnnl::eltwise_forward::primitive_desc primitive(
      dnnl::eltwise_forward::desc(kind, algorithmOf(function), desc, 0.f, 0.f), attr, cpuEngine());
#endif
  plan->primitive = dnnl::eltwise_forward(primitive);
  plan->input = unboundMemory(desc);
  plan->output = unboundMemory(desc);
  plan->scratchpad = unboundMemory(primitive.scratchpad_desc());
  plan->scratchBytes = primitive.scratchpad_desc().get_size();
  return plan;
}

PlanCache<EltwisePlan>& plans() {
  static auto* cache = new PlanCache<EltwisePlan>(512);  // never destroyed: oneDNN may be gone first at exit
  return *cache;
}

/** eltwise(function, input, output) */
napi_value eltwise(const Args& args) {
  const int64_t size = args.length(1);
  if (size == 0) return nullptr;
  const int32_t key[] = {static_cast<int32_t>(args.integer(0)), static_cast<int32_t>(size & 0x7fffffff),
                         static_cast<int32_t>(size >> 31)};
  constexpr int64_t kCostOfFunction = 4;  // in simple operations, for the choice of thread count
  const ThreadLimit limit(size * kCostOfFunction);
  EltwisePlan& plan = plans().at(plans().find(key, 3, [&] { return makePlan(key[0], size); }));
  plan.input.set_data_handle(args.floats(1, size));
  plan.output.set_data_handle(args.floats(2, size));
  plan.scratchpad.set_data_handle(scratch(plan.scratchBytes + 64));
  plan.primitive.execute(cpuStream(), {{DNNL_ARG_SRC, plan.input},
                                       {DNNL_ARG_DST, plan.output},
                                       {DNNL_ARG_SCRATCHPAD, plan.scratchpad}});
  cpuStream().wait();
  return nullptr;
}

}  // namespace

void registerEltwise(Exports& exports) { exports.add("eltwise", entry<eltwise>); }

}  // namespace crucible
