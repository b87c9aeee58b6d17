// Windows of a convolution for its filter gradient as one matrix product.
#include <algorithm>

#include "../kernels.h"
#include "../window-columns.h"

namespace crucible {
namespace {

constexpr size_t kFields = sizeof(WindowShape) / sizeof(int32_t);

/** im2col(x, columns, shape): columns is [batch * outHeight * outWidth, filterHeight * filterWidth * channels], all bf16. */
napi_value im2col(const Args& args) {
  WindowShape s;
  const int32_t* fields = args.ints(2, kFields);
  std::copy(fields, fields + kFields, reinterpret_cast<int32_t*>(&s));
  writeColumns(s, args.bf16(0, s.batch * s.image()), args.bf16(1, s.pixels() * s.window()));
  return nullptr;
}

}  // namespace

void registerIm2col(Exports& exports) { exports.add("im2col", entry<im2col>); }

}  // namespace crucible
