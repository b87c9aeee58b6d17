// Between row-major NHWC and blocked nChw16c, where 16 channels of a pixel lie together and pixels follow each other.
#include <cstring>

#include "../kernels.h"
#include "../parallel.h"

namespace crucible {
namespace {

constexpr int64_t kBlock = 16;

/** Calls `copy(rowMajorOffset, blockedOffset)` for each pixel and block of 16 channels. */
template <class Copy>
void forPixels(int64_t images, int64_t pixels, int64_t channels, Copy copy) {
  if (channels % kBlock != 0) throw std::invalid_argument("channels must be a multiple of 16");
  const int64_t blocks = channels / kBlock;
  parallelRanges(images * pixels, 1, images * pixels * channels, [&](int64_t begin, int64_t end, int) {
    for (int64_t at = begin; at < end; ++at) {
      const int64_t image = at / pixels, pixel = at % pixels;
      for (int64_t block = 0; block < blocks; ++block) {
        copy(at * channels + block * kBlock, ((image * blocks + block) * pixels + pixel) * kBlock);
      }
    }
  });
}

/** toBlocked(rowMajor, blocked, images, pixels, channels) */
napi_value toBlocked(const Args& args) {
  const int64_t images = args.integer(2), pixels = args.integer(3), channels = args.integer(4);
  const float* rowMajor = args.floats(0, images * pixels * channels);
  float* blocked = args.floats(1, images * pixels * channels);
  forPixels(images, pixels, channels, [&](int64_t from, int64_t to) {
    std::memcpy(blocked + to, rowMajor + from, kBlock * sizeof(float));
  });
  return nullptr;
}

/** fromBlocked(blocked, rowMajor, images, pixels, channels) */
napi_value fromBlocked(const Args& args) {
  const int64_t images = args.integer(2), pixels = args.integer(3), channels = args.integer(4);
  const float* blocked = args.floats(0, images * pixels * channels);
  float* rowMajor = args.floats(1, images * pixels * channels);
  forPixels(images, pixels, channels, [&](int64_t to, int64_t from) {
    std::memcpy(rowMajor + to, blocked + from, kBlock * sizeof(float));
  });
  return nullptr;
}

}  // namespace

void registerBlocked(Exports& exports) {
  exports.add("toBlocked", entry<toBlocked>);
  exports.add("fromBlocked", entry<fromBlocked>);
}

}  // namespace crucible
