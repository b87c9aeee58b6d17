// 2-D convolution, plain and grouped: forward, gradient of the input, gradient of the weights.
#include <functional>
#include <numeric>

#include "../kernels.h"
#include "../onednn.h"
#include "../plan-cache.h"
#include "../window-columns.h"

namespace crucible {
namespace {

using dnnl::memory;

enum Kind { kForward = 0, kBackwardData = 1, kBackwardWeights = 2 };
enum Layout { kNhwc = 0, kBlocked16 = 1 };

/** What a plan depends on; the order is that of the Int32Array JavaScript fills. */
struct ConvShape {
  int32_t kind, batch, inHeight, inWidth, inChannels, filterHeight, filterWidth, outChannels, outHeight, outWidth;
  int32_t strideHeight, strideWidth, padTop, padLeft, padBottom, padRight, dilationHeight, dilationWidth, groups;
  int32_t hasBias, activation, isInference, layout, winograd, isBf16;
};
constexpr size_t kFields = sizeof(ConvShape) / sizeof(int32_t);

/** Copies one cell of a filter, all its channels, to its place in a turned and reordered copy. */
struct TapReorder {
  int64_t offset;  // of the cell among the user's floats
  memory user, packed;
  dnnl::reorder reorder;
};

struct ConvPlan {
  Kind kind = kForward;
  dnnl::primitive primitive;
  memory source, weights, destination, bias, scratchpad, userWeights;
  dnnl::reorder reorder;  // user weights to packed, or packed gradient to user's
  std::vector<TapReorder> taps;  // in place of `reorder` where the filter is turned
  size_t columnBytes = 0;        // of the windows where the convolution is done as a matrix product
  WindowShape windows{};
  memory columns, product;
  bool hasBias = false;
  bool isBf16 = false;
  bool needsReorder = false;
  size_t packedBytes = 0;
  size_t scratchBytes = 0;
  int64_t sourceSize = 0, weightsSize = 0, destinationSize = 0, biasSize = 0;
};

memory::dims filterDims(const ConvShape& s) {
  if (s.groups == 1) return {s.outChannels, s.inChannels, s.filterHeight, s.filterWidth};
  return {s.groups, s.outChannels / s.groups, s.inChannels / s.groups, s.filterHeight, s.filterWidth};
}

/**
 * Filters [KH, KW, I, O] as oneDNN sees them: dims {O, I, KH, KW}. In G groups [KH, KW, I / G, O] is
 * {G, O / G, I / G, KH, KW}; a depthwise filter [KH, KW, G, M] of tfjs lies in memory as one of them.
 */
memory::desc filterDesc(const ConvShape& s) {
  const memory::dim kw = s.filterWidth, in = s.inChannels / s.groups, out = s.outChannels;
  const auto f32 = memory::data_type::f32;
  if (s.groups == 1) return {filterDims(s), f32, memory::dims{1, out, kw * in * out, in * out}};
  return {filterDims(s), f32, memory::dims{out / s.groups, 1, out, kw * in * out, in * out}};
}

/** Takes the parts that forward and both backward primitive descriptors share. */
template <class Primitive, class Desc>
void adopt(ConvPlan& plan, const Desc& desc, const memory::desc& packed, const memory::desc& user) {
  plan.primitive = Primitive(desc);
  plan.needsReorder = packed != user;
  plan.packedBytes = packed.get_size();
  plan.scratchBytes = desc.scratchpad_desc().get_size();
  plan.weights = unboundMemory(packed);
  plan.userWeights = unboundMemory(user);
  plan.scratchpad = unboundMemory(desc.scratchpad_desc());
  if (!plan.needsReorder) return;
  plan.reorder = plan.kind == kBackwardWeights ? dnnl::reorder(plan.weights, plan.userWeights)
                                               : dnnl::reorder(plan.userWeights, plan.weights);
}

/**
 * True if the gradient of the input is itself a convolution: of dy with the filter turned by 180 degrees. oneDNN's
 * forward code for row-major data is faster than its backward code, by a tenth to a half.
 */
bool isTurnable(const ConvShape& s) {
  const auto fits = [](int32_t length, int32_t dilation, int32_t pad) { return pad <= (length - 1) * dilation; };
  return s.kind == kBackwardData && s.groups == 1 && s.layout == kNhwc && s.winograd == 0 && s.strideHeight == 1 &&
         s.strideWidth == 1 && fits(s.filterHeight, s.dilationHeight, std::max(s.padTop, s.padBottom)) &&
         fits(s.filterWidth, s.dilationWidth, std::max(s.padLeft, s.padRight));
}

/** Makes the plan of the input gradient a forward convolution. Throws where oneDNN refuses it. */
void turn(ConvPlan& plan, const ConvShape& s, const memory::desc& source, const memory::desc& destination) {
  const memory::dim in = s.inChannels, out = s.outChannels, height = s.filterHeight, width = s.filterWidth;
  const memory::desc any({in, out, height, width}, source.data_type(), memory::format_tag::any);
  const memory::dims strides{1, 1}, dilations{s.dilationHeight - 1, s.dilationWidth - 1};
  const memory::dim tall = (height - 1) * s.dilationHeight, wide = (width - 1) * s.dilationWidth;
  const memory::dims begin{tall - s.padTop, wide - s.padLeft}, end{tall - s.padBottom, wide - s.padRight};
  using Forward = dnnl::convolution_forward;
  const auto kind = dnnl::prop_kind::forward_training;
  const auto method = dnnl::algorithm::convolution_direct;
  const auto attr = attributes(Activation::kNone);
#if DNNL_VERSION_MAJOR >= 3
  const Forward::primitive_desc desc(cpuEngine(), kind, method, destination, any, source, strides, dilations, begin,
                                     end, attr);
#else
  const Forward::primitive_desc desc(Forward::desc(kind, method, destination, any, source, strides, dilations, begin, end),
                                     attr, cpuEngine());
#endif
  const memory::desc packed = desc.weights_desc();
  const memory::desc tap({in, out, 1, 1}, memory::data_type::f32, memory::dims{out, 1, in * out, in * out});
  for (memory::dim at = 0; at < height * width; ++at) {
    TapReorder reorder;
    reorder.offset = (height * width - 1 - at) * in * out;
    reorder.user = unboundMemory(tap);
    reorder.packed = unboundMemory(packed.submemory_desc({in, out, 1, 1}, {0, 0, at / width, at % width}));
    reorder.reorder = dnnl::reorder(reorder.user, reorder.packed);
    plan.taps.push_back(std::move(reorder));
  }
  plan.primitive = Forward(desc);
  plan.needsReorder = true;
  plan.packedBytes = packed.get_size();
  plan.scratchBytes = desc.scratchpad_desc().get_size();
  plan.weights = unboundMemory(packed);
  plan.userWeights = unboundMemory(filterDesc(s));
  plan.scratchpad = unboundMemory(desc.scratchpad_desc());
}

/** Pixels of an image up to which oneDNN's convolution keeps the tiles of the matrix unit half empty. */
constexpr int64_t kProductPixels = 32;

/**
 * True if one matrix product over windows is the faster way. The windows must be worth their writing: of several
 * cells, with enough channels.
 */
bool suitsProduct(const ConvShape& s, const WindowShape& w) {
  return s.isBf16 != 0 && s.groups == 1 && s.hasBias == 0 && s.filterHeight * s.filterWidth > 1 && w.channels >= 128 &&
         w.outHeight * w.outWidth <= kProductPixels && w.pixels() >= 128;
}

/** Makes the plan of a forward convolution, or of a turned one, a matrix product. Throws where oneDNN refuses it. */
void multiply(ConvPlan& plan, const ConvShape& s, const WindowShape& w, memory::dim results) {
  const auto type = memory::data_type::bf16;
  const memory::dim rows = w.pixels(), inner = w.window(), in = s.inChannels, out = s.outChannels;
  const memory::desc columns({rows, inner}, type, memory::dims{inner, 1}), product({rows, results}, type, memory::dims{results, 1});
  const memory::desc any({inner, results}, type, memory::format_tag::any);
  const auto attr = attributes(static_cast<Activation>(s.activation));
#if DNNL_VERSION_MAJOR >= 3
  const dnnl::matmul::primitive_desc desc(cpuEngine(), columns, any, product, attr);
#else
  const dnnl::matmul::primitive_desc desc(dnnl::matmul::desc(columns, any, product), attr, cpuEngine());
#endif
  const memory::desc packed = desc.weights_desc();
  const auto addTap = [&](int64_t offset, const memory::desc& user, const memory::desc& place) {
    const memory from = unboundMemory(user), to = unboundMemory(place);
    plan.taps.push_back(TapReorder{offset, from, to, dnnl::reorder(from, to)});
  };
  const auto f32 = memory::data_type::f32;
  if (plan.kind == kForward) addTap(0, memory::desc({inner, out}, f32, memory::dims{out, 1}), packed);
  const memory::dim cells = plan.kind == kForward ? 0 : s.filterHeight * s.filterWidth;
  for (memory::dim at = 0; at < cells; ++at) {
    addTap((cells - 1 - at) * in * out, memory::desc({out, in}, f32, memory::dims{1, out}),
           packed.submemory_desc({out, in}, {at * out, 0}));
  }
  plan.primitive = dnnl::matmul(desc);
  plan.needsReorder = true;
  plan.packedBytes = packed.get_size();
  plan.scratchBytes = desc.scratchpad_desc().get_size();
  plan.weights = unboundMemory(packed);
  plan.userWeights = unboundMemory(filterDesc(s));
  plan.scratchpad = unboundMemory(desc.scratchpad_desc());
  plan.windows = w;
  plan.columnBytes = (static_cast<size_t>(rows * inner) * sizeof(Bf16) + 4095) / 4096 * 4096;
  plan.columns = unboundMemory(columns);
  plan.product = unboundMemory(product);
}

/** As `multiply`; false, with the plan as it was, where it does not suit or oneDNN refuses. */
bool tryMultiply(ConvPlan& plan, const ConvShape& s) {
  if (plan.kind == kBackwardWeights || (plan.kind == kBackwardData && !isTurnable(s))) return false;
  const bool isForward = plan.kind == kForward;
  const int32_t tall = (s.filterHeight - 1) * s.dilationHeight, wide = (s.filterWidth - 1) * s.dilationWidth;
  const WindowShape w =
      isForward
          ? WindowShape{s.batch,        s.inHeight,    s.inWidth,      s.inChannels,  s.outHeight, s.outWidth, s.filterHeight,
                        s.filterWidth, s.strideHeight, s.strideWidth, s.padTop,    s.padLeft,  s.dilationHeight, s.dilationWidth}
          : WindowShape{s.batch,        s.outHeight, s.outWidth, s.outChannels,     s.inHeight,       s.inWidth, s.filterHeight,
                        s.filterWidth, 1,           1,          tall - s.padTop, wide - s.padLeft, s.dilationHeight, s.dilationWidth};
  if (!suitsProduct(s, w)) return false;
  try {
    multiply(plan, s, w, isForward ? s.outChannels : s.inChannels);
    return true;
  } catch (const dnnl::error&) {
    plan.taps.clear();
    return false;
  }
}

/** As `turn`; false, with the plan as it was, where oneDNN refuses. */
bool tryTurn(ConvPlan& plan, const ConvShape& s, const memory::desc& source, const memory::desc& destination) {
  if (!isTurnable(s)) return false;
  try {
    turn(plan, s, source, destination);
    return true;
  } catch (const dnnl::error&) {
    plan.taps.clear();
    return false;
  }
}

std::unique_ptr<ConvPlan> makePlan(const ConvShape& s) {
  using dnnl::algorithm;
  using dnnl::prop_kind;
  if (s.groups < 1 || s.inChannels % s.groups != 0 || s.outChannels % s.groups != 0) {
    throw std::invalid_argument("channels must be multiples of the groups");
  }
  auto plan = std::make_unique<ConvPlan>();
  plan->kind = static_cast<Kind>(s.kind);
  plan->hasBias = s.hasBias != 0;
  const memory::dims sourceDims{s.batch, s.inChannels, s.inHeight, s.inWidth};
  const memory::dims destinationDims{s.batch, s.outChannels, s.outHeight, s.outWidth};
  const memory::dims strides{s.strideHeight, s.strideWidth};
  const memory::dims dilations{s.dilationHeight - 1, s.dilationWidth - 1};
  const memory::dims padBegin{s.padTop, s.padLeft}, padEnd{s.padBottom, s.padRight};
  const auto tag = s.layout == kBlocked16 ? memory::format_tag::nChw16c : memory::format_tag::nhwc;
  plan->isBf16 = s.isBf16 != 0;
  const auto type = s.isBf16 ? memory::data_type::bf16 : memory::data_type::f32;
  const memory::desc source(sourceDims, type, tag);
  const memory::desc destination(destinationDims, type, tag);
  const memory::desc user = filterDesc(s);
  const memory::desc any(filterDims(s), type, memory::format_tag::any);
  const memory::desc anyGradient(filterDims(s), memory::data_type::f32, memory::format_tag::any);
  const memory::desc bias({s.outChannels}, memory::data_type::f32, memory::format_tag::a);
  const auto method = s.winograd ? algorithm::convolution_winograd : algorithm::convolution_direct;
  const auto forwardKind = s.isInference ? prop_kind::forward_inference : prop_kind::forward_training;
  const auto attr = attributes(static_cast<Activation>(s.activation));
  const auto plainAttr = attributes(Activation::kNone);
  const auto& engine = cpuEngine();

  using Forward = dnnl::convolution_forward;
  using BackwardData = dnnl::convolution_backward_data;
  using BackwardWeights = dnnl::convolution_backward_weights;
#if DNNL_VERSION_MAJOR >= 3
  const memory::desc forwardBias = plan->kind == kForward && plan->hasBias ? bias : memory::desc();
  const Forward::primitive_desc forward(engine, plan->kind == kForward ? forwardKind : prop_kind::forward_training,
                                        method, source, any, forwardBias, destination, strides, dilations, padBegin,
                                        padEnd, plan->kind == kForward ? attr : plainAttr);
#else
  const auto propagation = plan->kind == kForward ? forwardKind : prop_kind::forward_training;
  const Forward::desc forwardOp =
      plan->kind == kForward && plan->hasBias
          ? Forward::desc(propagation, method, source, any, bias, destination, strides, dilations, padBegin, padEnd)
          : Forward::desc(propagation, method, source, any, destination, strides, dilations, padBegin, padEnd);
  const Forward::primitive_desc forward(forwardOp, plan->kind == kForward ? attr : plainAttr, engine);
#endif
  if (tryMultiply(*plan, s)) {
    // all is done
  } else if (plan->kind == kForward) {
    adopt<Forward>(*plan, forward, forward.weights_desc(), user);
  } else if (tryTurn(*plan, s, source, destination)) {
    // all is done
  } else if (plan->kind == kBackwardData) {
#if DNNL_VERSION_MAJOR >= 3
    const BackwardData::primitive_desc desc(engine, method, source, any, destination, strides, dilations, padBegin,
                                            padEnd, forward, plainAttr);
#else
    const BackwardData::primitive_desc desc(
        BackwardData::desc(method, source, any, destination, strides, dilations, padBegin, padEnd), plainAttr, engine,
        forward);
#endif
    adopt<BackwardData>(*plan, desc, desc.weights_desc(), user);
  } else {
#if DNNL_VERSION_MAJOR >= 3
    const BackwardWeights::primitive_desc desc(engine, method, source, anyGradient, plan->hasBias ? bias : memory::desc(),
                                               destination, strides, dilations, padBegin, padEnd, forward, plainAttr);
#else
    const BackwardWeights::primitive_desc desc(
        plan->hasBias
            ? BackwardWeights::desc(method, source, anyGradient, bias, destination, strides, dilations, padBegin, padEnd)
            : BackwardWeights::desc(method, source, anyGradient, destination, strides, dilations, padBegin, padEnd),
        plainAttr, engine, forward);
#endif
    adopt<BackwardWeights>(*plan, desc, desc.diff_weights_desc(), user);
  }
  plan->source = unboundMemory(source);
  plan->destination = unboundMemory(destination);
  plan->bias = unboundMemory(bias);
  const auto elements = [](const memory::dims& dims) {
    return std::accumulate(dims.begin(), dims.end(), int64_t{1}, std::multiplies<int64_t>());
  };
  plan->sourceSize = elements(sourceDims);
  plan->destinationSize = elements(destinationDims);
  plan->weightsSize = elements(filterDims(s));
  plan->biasSize = plan->hasBias ? s.outChannels : 0;
  return plan;
}

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
      return makePlan(shape);
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
