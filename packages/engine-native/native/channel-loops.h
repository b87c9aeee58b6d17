// Loops over images channel by channel, in either layout: per-channel sums in registers, per-channel coefficients in
// long inner loops.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "args.h"
#include "elements.h"
#include "parallel.h"

namespace crucible {

/**
 * Where the channels of a tensor lie. The data is a sequence of panels, each a [panelRows, panelChannels] matrix;
 * panel p holds channels from (p % blocks) * panelChannels. Row-major NHWC data is one panel of all rows and
 * channels. Blocked data (nChw16c) has a panel of 16 channels for each image and block.
 */
struct ChannelLayout {
  int64_t panels, panelRows, panelChannels, blocks;

  int64_t channels() const { return blocks * panelChannels; }
  /** Elements of one channel. */
  int64_t rows() const { return panels / blocks * panelRows; }
  int64_t size() const { return panels * panelRows * panelChannels; }

  /** From the Int32Array of four that JavaScript passes. */
  static ChannelLayout from(const Args& args, size_t index) {
    const int32_t* fields = args.ints(index, 4);
    const ChannelLayout layout{fields[0], fields[1], fields[2], fields[3]};
    if (layout.panels < 1 || layout.panelRows < 1 || layout.panelChannels < 1 || layout.blocks < 1 ||
        layout.panels % layout.blocks != 0) {
      throw std::invalid_argument("channel layout is empty or does not fit");
    }
    return layout;
  }
};

/** Part of a panel: rows [begin, end) from element `base`, channels from `channel`. */
struct PanelPart {
  int64_t base, begin, end, channel;
  int thread;
};

/** Calls `body(part)` for parts that cover the data, spread over threads. */
template <class Body>
void forPanels(const ChannelLayout& layout, Body body) {
  if (layout.panels == 1) {
    parallelRanges(layout.panelRows, 1, layout.size(), [&](int64_t begin, int64_t end, int thread) {
      body(PanelPart{0, begin, end, 0, thread});
    });
    return;
  }
  const int64_t panelSize = layout.panelRows * layout.panelChannels;
  parallelRanges(layout.panels, 1, layout.size(), [&](int64_t first, int64_t last, int thread) {
    for (int64_t p = first; p < last; ++p) {
      body(PanelPart{p * panelSize, 0, layout.panelRows, p % layout.blocks * layout.panelChannels, thread});
    }
  });
}

/** Compile-time number, to pass a width through a generic lambda. */
template <int N>
struct Width {
  static constexpr int value = N;
};

/**
 * Covers `channels` with blocks of 32, 16 and 8 and a rest below 8.
 *
 * @param block called as `block(Width<n>, first)` for n vectors of eight channels from `first`
 * @param rest called as `rest(first, count)` with count < 8, if any are left
 */
template <class Block, class Rest>
void forChannelBlocks(int64_t channels, Block block, Rest rest) {
  int64_t first = 0;
  for (; first + 32 <= channels; first += 32) block(Width<4>{}, first);
  if (first + 16 <= channels) {
    block(Width<2>{}, first);
    first += 16;
  }
  if (first + 8 <= channels) {
    block(Width<1>{}, first);
    first += 8;
  }
  if (first < channels) rest(first, channels - first);
}

/** Rows summed in float before the totals are carried on in double; small enough to stay in the nearest cache. */
inline int64_t rowsPerBlock(int64_t channels) {
  return std::clamp<int64_t>(8192 / std::max<int64_t>(channels, 1), 16, 512);
}

/** Rows that share one stretch of tiled coefficients: an inner loop over few channels alone would be short. */
inline int64_t rowsPerPeriod(int64_t channels) { return std::max<int64_t>(1, 256 / channels); }

/** Per-channel values, those of each block of channels repeated for `rowsPerPeriod` rows. */
class Tiled {
 public:
  explicit Tiled(const ChannelLayout& layout)
      : blockChannels_(layout.panelChannels),
        period_(blockChannels_ * rowsPerPeriod(blockChannels_)),
        values_(static_cast<size_t>(layout.blocks * period_)) {}

  void set(int64_t channel, float value) {
    float* block = values_.data() + channel / blockChannels_ * period_;
    for (int64_t at = channel % blockChannels_; at < period_; at += blockChannels_) block[at] = value;
  }

  /** Values for a part of a panel that begins with `channel`. */
  const float* at(int64_t channel) const { return values_.data() + channel / blockChannels_ * period_; }

 private:
  int64_t blockChannels_, period_;
  std::vector<float> values_;
};

/** Calls `body(offset, count)` on stretches of rows [begin, end), each starting at channel 0 and at most a period long. */
template <class Body>
void forPeriods(int64_t begin, int64_t end, int64_t channels, Body body) {
  const int64_t period = rowsPerPeriod(channels) * channels;
  for (int64_t at = begin * channels; at < end * channels; at += period) {
    body(at, std::min(period, end * channels - at));
  }
}

/** `gamma / sqrt(variance + epsilon)`: what a channel is multiplied by. One place, so that every pass has the same bits. */
inline float normalScale(float gamma, float variance, float epsilon) { return gamma / std::sqrt(variance + epsilon); }

/** What is added to a channel multiplied by `scale`. */
inline float normalShift(float beta, float mean, float scale) { return beta - mean * scale; }

/** Two double totals per channel and thread, joined in thread order. */
class ChannelTotals {
 public:
  ChannelTotals(int threads, int64_t channels)
      : threads_(threads), channels_(channels), first_(static_cast<size_t>(threads * channels)), second_(first_.size()) {}

  double* first(int thread) { return first_.data() + thread * channels_; }
  double* second(int thread) { return second_.data() + thread * channels_; }

  double joinFirst(int64_t channel) const { return join(first_, channel); }
  double joinSecond(int64_t channel) const { return join(second_, channel); }

 private:
  double join(const std::vector<double>& values, int64_t channel) const {
    double total = 0;
    for (int64_t thread = 0; thread < threads_; ++thread) {
      total += values[static_cast<size_t>(thread * channels_ + channel)];
    }
    return total;
  }

  int64_t threads_, channels_;
  std::vector<double> first_, second_;
};

}  // namespace crucible
