// Entry of the addon: who may load it, what it runs on, which functions it has.
#include <omp.h>

#include <atomic>

#include "kernels.h"
#include "onednn.h"
#include "plan-cache.h"

namespace crucible {
namespace {

/** The environment that owns the tables. They have no locks, so a second one is refused. */
std::atomic<napi_env> owner{nullptr};

void disown(void*) { owner.store(nullptr); }

void setString(napi_env env, napi_value object, const char* name, const std::string& value) {
  napi_value text;
  napi_create_string_utf8(env, value.c_str(), value.size(), &text);
  napi_set_named_property(env, object, name, text);
}

const char* isaName() {
  switch (dnnl::get_effective_cpu_isa()) {
    case dnnl::cpu_isa::sse41: return "sse41";
    case dnnl::cpu_isa::avx: return "avx";
    case dnnl::cpu_isa::avx2: return "avx2";
    case dnnl::cpu_isa::avx2_vnni: return "avx2_vnni";
    case dnnl::cpu_isa::avx512_core: return "avx512_core";
    case dnnl::cpu_isa::avx512_core_vnni: return "avx512_core_vnni";
    case dnnl::cpu_isa::avx512_core_bf16: return "avx512_core_bf16";
    case dnnl::cpu_isa::avx512_core_amx: return "avx512_core_amx";
    default: return "other";
  }
}

/** info() -> { oneDnn, isa, threads } */
napi_value info(const Args& args) {
  napi_value result;
  napi_create_object(args.env(), &result);
  const dnnl_version_t* version = dnnl_version();
  setString(args.env(), result, "oneDnn",
            std::to_string(version->major) + "." + std::to_string(version->minor) + "." + std::to_string(version->patch));
  setString(args.env(), result, "isa", isaName());
  napi_set_named_property(args.env(), result, "threads", args.toNumber(omp_get_max_threads()));
  return result;
}

/** setThreads(count): for all later calls. Plans are made for a thread count, so they are dropped. */
napi_value setThreads(const Args& args) {
  const int64_t threads = args.integer(0);
  if (threads < 1 || threads > 1024) throw std::invalid_argument("threads must lie between 1 and 1024");
  if (threads != omp_get_max_threads()) {
    omp_set_num_threads(static_cast<int>(threads));
    clearPlans();
  }
  return nullptr;
}

}  // namespace

napi_value initialize(napi_env env, napi_value exportsObject) {
  napi_env expected = nullptr;
  if (!owner.compare_exchange_strong(expected, env) && expected != env) {
    napi_throw_error(env, "engine-in-use",
                     "the native engine is loaded by another thread of this process; use it from that thread only");
    return nullptr;
  }
  if (expected == nullptr) napi_add_env_cleanup_hook(env, disown, nullptr);
  omp_set_dynamic(0);  // a varying thread count would change the order of sums
  Exports exports(env, exportsObject);
  exports.add("info", entry<info>);
  exports.add("setThreads", entry<setThreads>);
  registerAdam(exports);
  registerAlloc(exports);
  registerArgExtreme(exports);
  registerBatchNorm(exports);
  registerBatchNormGrad(exports);
  registerBf16(exports);
  registerBiasActGrad(exports);
  registerBinary(exports);
  registerBlocked(exports);
  registerCompare(exports);
  registerConv(exports);
  registerConvNorm(exports);
  registerConvNormGrad(exports);
  registerCopyRegion(exports);
  registerDepthwiseFilterGrad(exports);
  registerEltwise(exports);
  registerEma(exports);
  registerGather(exports);
  registerGroupNorm(exports);
  registerIm2col(exports);
  registerMatMul(exports);
  registerMaxPool2x2(exports);
  registerNormal(exports);
  registerPool(exports);
  registerReduce(exports);
  registerReluGrad(exports);
  registerResize(exports);
  registerSelect(exports);
  registerSgd(exports);
  registerSoftmax(exports);
  registerTile(exports);
  registerTranspose(exports);
  registerUnary(exports);
  return exportsObject;
}

}  // namespace crucible

NAPI_MODULE_INIT() { return crucible::initialize(env, exports); }
