// Loops over [rows, channels] matrices: per-channel sums in registers, per-channel coefficients in long inner loops.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

namespace crucible {

/** Eight floats in one register. */
typedef float Float8 __attribute__((vector_size(32)));

inline Float8 load8(const float* from) {
  Float8 value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

inline void store8(float* to, Float8 value) { std::memcpy(to, &value, sizeof value); }

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

/** Per-channel values repeated for `rowsPerPeriod` rows. */
class Tiled {
 public:
  explicit Tiled(int64_t channels) : channels_(channels), values_(static_cast<size_t>(channels * rowsPerPeriod(channels))) {}

  void set(int64_t channel, float value) {
    for (size_t at = static_cast<size_t>(channel); at < values_.size(); at += static_cast<size_t>(channels_)) {
      values_[at] = value;
    }
  }

  const float* data() const { return values_.data(); }

 private:
  int64_t channels_;
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
