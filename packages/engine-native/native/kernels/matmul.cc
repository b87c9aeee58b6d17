// Matrix product of stacks of matrices: C[B, M, N] = op(A) op(B) (+ bias[N]) (then relu or relu6).
#include "../kernels.h"
#include "../onednn.h"
#include "../parallel.h"
#include "../plan-cache.h"

namespace crucible {
namespace {

using dnnl::memory;

struct MatMulShape {
  int32_t batch, batchA, batchB, m, n, k, transposeA, transposeB, hasBias, activation, isBf16;
};
constexpr size_t kFields = sizeof(MatMulShape) / sizeof(int32_t);

/** Multiplications that take as long as one element of simple work; decides how many threads are used. */
constexpr int64_t kProductsPerElement = 32;

struct MatMulPlan {
  dnnl::matmul primitive;
  memory a, b, c, bias, scratchpad;
  size_t scratchBytes = 0;
  bool isBf16 = false;
  int64_t sizeA = 0, sizeB = 0, sizeC = 0, sizeBias = 0;
};

/** A transposed operand is the same memory read with other strides; nothing is copied. */
memory::desc operand(memory::dim batch, memory::dim rows, memory::dim columns, bool transposed, bool stacked,
                     memory::data_type type = memory::data_type::f32) {
  const memory::dim rowStride = transposed ? 1 : columns, columnStride = transposed ? rows : 1;
  if (!stacked) return {{rows, columns}, type, memory::dims{rowStride, columnStride}};
  return {{batch, rows, columns}, type, memory::dims{rows * columns, rowStride, columnStride}};
}

std::unique_ptr<MatMulPlan> makePlan(const MatMulShape& s) {
  auto plan = std::make_unique<MatMulPlan>();
  const bool stacked = s.batch > 1;
  plan->isBf16 = s.isBf16 != 0;
  const auto type = s.isBf16 ? memory::data_type::bf16 : memory::data_type::f32;
  const auto a = operand(s.batchA, s.m, s.k, s.transposeA != 0, stacked, type);
  const auto b = operand(s.batchB, s.k, s.n, s.transposeB != 0, stacked, type);
  const auto c = operand(s.batch, s.m, s.n, false, stacked);
  const auto bias = operand(1, 1, s.n, false, stacked);
  const auto attr = attributes(static_cast<Activation>(s.activation));
#if DNNL_VERSION_MAJOR >= 3
  const dnnl::matmul::primitive_desc desc = s.hasBias ? dnnl::matmul::primitive_desc(cpuEngine(), a, b, bias, c, attr)
                                                      : dnnl::matmul::primitive_desc(cpuEngine(), a, b, c, attr);
#else
  const dnnl::matmul::primitive_desc desc(s.hasBias ? dnnl::matmul::desc(a, b, bias, c) : dnnl::matmul::desc(a, b, c),
                                          attr, cpuEngine());
#endif
  plan->primitive = dnnl::matmul(desc);
  plan->a = unboundMemory(a);
  plan->b = unboundMemory(b);
  plan->c = unboundMemory(c);
  plan->bias = unboundMemory(bias);
  plan->scratchpad = unboundMemory(desc.scratchpad_desc());
  plan->scratchBytes = desc.scratchpad_desc().get_size();
  plan->sizeA = int64_t{s.batchA} * s.m * s.k;
  plan->sizeB = int64_t{s.batchB} * s.k * s.n;
  plan->sizeC = int64_t{s.batch} * s.m * s.n;
  plan->sizeBias = s.hasBias ? s.n : 0;
  return plan;
}

PlanCache<MatMulPlan>& plans() {
  static auto* cache = new PlanCache<MatMulPlan>(1024);  // never destroyed: oneDNN may be gone first at exit
  return *cache;
}

/** matMul(shape, a, b, c, bias | null) -> 1, or 0 if oneDNN refuses the shape. In a bf16 plan a and b are bf16, c is not. */
napi_value matMul(const Args& args) {
  const int32_t* fields = args.ints(0, kFields);
  MatMulShape shape;
  std::copy(fields, fields + kFields, reinterpret_cast<int32_t*>(&shape));
  const ThreadLimit limit(int64_t{shape.batch} * shape.m * shape.n * shape.k / kProductsPerElement);
  const int64_t number = plans().find(fields, kFields, [&]() -> std::unique_ptr<MatMulPlan> {
    try {
      return makePlan(shape);
    } catch (const dnnl::error&) {
      return nullptr;
    }
  });
  if (number < 0) return args.toNumber(0);
  MatMulPlan& plan = plans().at(number);
  const auto data = [&](size_t index, int64_t size) -> void* {
    if (plan.isBf16) return args.bf16(index, size);
    return args.floats(index, size);
  };
  plan.a.set_data_handle(data(1, plan.sizeA));
  plan.b.set_data_handle(data(2, plan.sizeB));
  plan.c.set_data_handle(args.floats(3, plan.sizeC));
  plan.scratchpad.set_data_handle(scratch(plan.scratchBytes + 64));
  std::unordered_map<int, memory> arguments{{DNNL_ARG_SRC, plan.a},
                                            {DNNL_ARG_WEIGHTS, plan.b},
                                            {DNNL_ARG_DST, plan.c},
                                            {DNNL_ARG_SCRATCHPAD, plan.scratchpad}};
  if (plan.sizeBias > 0) {
    plan.bias.set_data_handle(args.floats(4, plan.sizeBias));
    arguments.insert({DNNL_ARG_BIAS, plan.bias});
  }
  plan.primitive.execute(cpuStream(), arguments);
  cpuStream().wait();
  return args.toNumber(1);
}

}  // namespace

void registerMatMul(Exports& exports) { exports.add("matMul", entry<matMul>); }

}  // namespace crucible
