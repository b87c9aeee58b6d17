// What each source file adds to the addon.
#pragma once

#include "args.h"

namespace crucible {

void registerAdam(Exports&);
void registerAlloc(Exports&);
void registerArgExtreme(Exports&);
void registerBatchNorm(Exports&);
void registerBatchNormGrad(Exports&);
void registerBf16(Exports&);
void registerBiasActGrad(Exports&);
void registerBinary(Exports&);
void registerBlocked(Exports&);
void registerCompare(Exports&);
void registerConv(Exports&);
void registerConvNorm(Exports&);
void registerConvNormGrad(Exports&);
void registerCopyRegion(Exports&);
void registerDepthwiseFilterGrad(Exports&);
void registerEltwise(Exports&);
void registerEma(Exports&);
void registerGather(Exports&);
void registerGroupNorm(Exports&);
void registerIm2col(Exports&);
void registerMatMul(Exports&);
void registerMaxPool2x2(Exports&);
void registerNormal(Exports&);
void registerPool(Exports&);
void registerReduce(Exports&);
void registerReluGrad(Exports&);
void registerResize(Exports&);
void registerSelect(Exports&);
void registerSgd(Exports&);
void registerSoftmax(Exports&);
void registerTile(Exports&);
void registerTranspose(Exports&);
void registerUnary(Exports&);

}  // namespace crucible
