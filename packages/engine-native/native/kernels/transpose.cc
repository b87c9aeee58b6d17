// Permutation of axes, as a oneDNN reorder between two strided views.
#include "../kernels.h"
#include "../onednn.h"
#include "../plan-cache.h"

namespace crucible {
namespace {

using dnnl::memory;

struct TransposePlan {
  dnnl::reorder reorder;
  memory input, output;
  int64_t size = 0;
};

/** `fields`: rank, then the output's dims, then for each output axis its stride in the input. */
std::unique_ptr<TransposePlan> makePlan(const int32_t* fields) {
  const int rank = fields[0];
  memory::dims dims(fields + 1, fields + 1 + rank), inputStrides(fields + 1 + rank, fields + 1 + 2 * rank), dense(rank);
  memory::dim stride = 1;
  for (int axis = rank - 1; axis >= 0; --axis) {
    dense[axis] = stride;
    stride *= dims[axis];
  }
  auto plan = std::make_unique<TransposePlan>();
  plan->input = unboundMemory({dims, memory::data_type::f32, inputStrides});
  plan->output = unboundMemory({dims, memory::data_type::f32, dense});
  plan->reorder = dnnl::reorder(plan->input, plan->output);
  plan->size = stride;
  return plan;
}

PlanCache<TransposePlan>& plans() {
  static auto* cache = new PlanCache<TransposePlan>(512);  // never destroyed: oneDNN may be gone first at exit
  return *cache;
}

/** transpose(fields, input, output) -> 1, or 0 if oneDNN refuses. */
napi_value transpose(const Args& args) {
  const int32_t* fields = args.ints(0, 1);
  if (fields[0] < 1 || fields[0] > 6) return args.toNumber(0);
  const size_t length = 1 + 2 * static_cast<size_t>(fields[0]);
  args.ints(0, static_cast<int64_t>(length));
  const int64_t number = plans().find(fields, length, [&]() -> std::unique_ptr<TransposePlan> {
    try {
      return makePlan(fields);
    } catch (const dnnl::error&) {
      return nullptr;
    }
  });
  if (number < 0) return args.toNumber(0);
  TransposePlan& plan = plans().at(number);
  plan.input.set_data_handle(args.floats(1, plan.size));
  plan.output.set_data_handle(args.floats(2, plan.size));
  plan.reorder.execute(cpuStream(), plan.input, plan.output);
  cpuStream().wait();
  return args.toNumber(1);
}

}  // namespace

void registerTranspose(Exports& exports) { exports.add("transpose", entry<transpose>); }

}  // namespace crucible
