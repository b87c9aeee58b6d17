// Gradient of a bias and an activation that follow a convolution or a matrix product, in one pass.
#include "../channel-loops.h"
#include "../kernels.h"
#include "../onednn.h"
#include "../parallel.h"

namespace crucible {
namespace {

/** `y` is the activation's output; `dz`, dy where the activation was not flat, is written unless there is none. */
template <class T>
struct Pass {
  const T *dy, *y;
  T* dz;
  int64_t channels;
};

template <int V, Activation kActivation, class T>
void block(const Pass<T>& p, int64_t base, int64_t begin, int64_t end, double* sum) {
  const Float8 zero{};
  Float8 s[V];
  for (int v = 0; v < V; ++v) s[v] = zero;
  for (int64_t row = begin; row < end; ++row) {
    const int64_t at = base + row * p.channels;
#pragma GCC unroll 4
    for (int v = 0; v < V; ++v) {
      Float8 d = load8(p.dy + at + 8 * v);
      if (kActivation != Activation::kNone) {
        const Float8 y = load8(p.y + at + 8 * v);
        d = y > zero ? d : zero;
        if (kActivation == Activation::kRelu6) d = y < zero + 6.f ? d : zero;
        store8(p.dz + at + 8 * v, d);
      }
      s[v] += d;
    }
  }
  for (int v = 0; v < V; ++v) {
    for (int i = 0; i < 8; ++i) sum[8 * v + i] += s[v][i];
  }
}

template <Activation kActivation, class T>
void rest(const Pass<T>& p, int64_t base, int64_t count, int64_t begin, int64_t end, double* sum) {
  float s[8] = {};
  for (int64_t row = begin; row < end; ++row) {
    const int64_t at = base + row * p.channels;
    for (int64_t i = 0; i < count; ++i) {
      float d = load(p.dy, at + i);
      if (kActivation != Activation::kNone) {
        const float y = load(p.y, at + i);
        d = y > 0.f ? d : 0.f;
        if (kActivation == Activation::kRelu6) d = y < 6.f ? d : 0.f;
        store(p.dz, at + i, d);
      }
      s[i] += d;
    }
  }
  for (int64_t i = 0; i < count; ++i) sum[i] += s[i];
}

template <Activation kActivation, class T>
void gradient(const Pass<T>& p, const ChannelLayout& layout, float* dbias) {
  const int64_t width = layout.panelChannels, step = rowsPerBlock(width);
  ChannelTotals totals(threadsFor(layout.size()), layout.channels());
  forPanels(layout, [&](const PanelPart& part) {
    double* sum = totals.first(part.thread) + part.channel;
    for (int64_t row = part.begin; row < part.end; row += step) {
      const int64_t last = std::min(part.end, row + step);
      forChannelBlocks(
          width,
          [&](auto lanes, int64_t c) {
            block<decltype(lanes)::value, kActivation>(p, part.base + c, row, last, sum + c);
          },
          [&](int64_t c, int64_t count) { rest<kActivation>(p, part.base + c, count, row, last, sum + c); });
    }
  });
  for (int64_t c = 0; c < layout.channels(); ++c) dbias[c] = static_cast<float>(totals.joinFirst(c));
}

/** biasActGrad(dy, y | null, dz | null, dbias, layout, activation): y and dz are null without an activation. */
napi_value biasActGrad(const Args& args) {
  const ChannelLayout layout = ChannelLayout::from(args, 4);
  const auto activation = static_cast<Activation>(args.integer(5));
  float* dbias = args.floats(3, layout.channels());
  withElements(args, 0, [&](auto element) {
    using T = decltype(element);
    const int64_t size = layout.size();
    Pass<T> pass{args.elements<T>(0, size), nullptr, nullptr, layout.panelChannels};
    if (activation != Activation::kNone) {
      pass.y = args.elements<T>(1, size);
      pass.dz = args.elements<T>(2, size);
    }
    switch (activation) {
      case Activation::kNone: gradient<Activation::kNone>(pass, layout, dbias); break;
      case Activation::kRelu: gradient<Activation::kRelu>(pass, layout, dbias); break;
      case Activation::kRelu6: gradient<Activation::kRelu6>(pass, layout, dbias); break;
    }
  });
  return nullptr;
}

}  // namespace

void registerBiasActGrad(Exports& exports) { exports.add("biasActGrad", entry<biasActGrad>); }

}  // namespace crucible
