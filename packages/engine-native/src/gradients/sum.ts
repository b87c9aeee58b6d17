import { engine, Mean, type NamedAttrMap, Sum, type SumAttrs, type Tensor } from '@tensorflow/tfjs-core';
import { type Reduction, reductionOf } from '../kernels/axes.ts';
import { EXPAND } from '../kernels/gradient-kernels.ts';
import { type NativeGradient, replaceGradient } from './replace-gradient.ts';

/** Sum and mean: one repeating copy instead of a tensor of ones and a product. */
export function replaceSumGradients(): void {
  const spread =
    (scaleOf: (reduction: Reduction) => number): NativeGradient =>
    (dy, [x], attrs) => {
      const { axis } = attrs as unknown as SumAttrs;
      const reduction = x && reductionOf(x.shape, axis);
      if (x === undefined || reduction === undefined || x.size === 0) return undefined;
      const expandAttrs = { reduction, scale: scaleOf(reduction) };
      return { x: () => engine().runKernel(EXPAND, { dy, x }, expandAttrs as unknown as NamedAttrMap) as Tensor };
    };
  replaceGradient(
    Sum,
    spread(() => 1),
  );
  replaceGradient(
    Mean,
    spread(({ reduced }) => 1 / reduced),
  );
}
