// What each source file adds to the addon.
#pragma once

#include "args.h"

namespace crucible {

void registerAdam(Exports&);
void registerAlloc(Exports&);
void registerBatchNorm(Exports&);
void registerBatchNormGrad(Exports&);
void registerBf16(Exports&);
void registerBiasActGrad(Exports&);
void registerBinary(Exports&);
void registerBlocked(Exports&);
void registerConv(Exports&);
void registerCopyRegion(Exports&);
void registerDepthwiseFilterGrad(Exports&);
void registerEltwise(Exports&);
void registerEma(Exports&);
void registerIm2col(Exports&);
void registerMatMul(Exports&);
void registerMaxPool2x2(Exports&);
void registerPool(Exports&);
void registerReduce(Exports&);
void registerReluGrad(Exports&);
void registerSgd(Exports&);
void registerSoftmax(Exports&);
void registerTranspose(Exports&);
void registerUnary(Exports&);

}  // namespace crucible
