// Choosing and preparing the code of a convolution: oneDNN's own, turned around, or a matrix product over windows.
#include "conv-plan.h"

#include <functional>
#include <numeric>

namespace crucible {
namespace {

using dnnl::memory;

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

}  // namespace

std::unique_ptr<ConvPlan> makeConvPlan(const ConvShape& s) {
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

}  // namespace crucible
