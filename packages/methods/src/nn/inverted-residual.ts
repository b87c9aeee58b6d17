import type { BlockShape } from './basic-block.ts';
import type { UnitSpec } from './unit.ts';

export interface InvertedResidualShape extends BlockShape {
  /** channels inside over channels that enter */
  expansion: number;
  /** side of the depth-wise window, odd */
  kernel: number;
  squeezeExcite: boolean;
}

/**
 * Inverted-residual block (arXiv:1801.04381): 1x1 up, depth-wise window with the stride, 1x1 down. Linked only where
 * the shapes agree; without the first 1x1 where the expansion is 1. To be built with `lastActivation: 'none'`.
 */
export function invertedResidual(shape: InvertedResidualShape): UnitSpec {
  const { in: input, out, stride, kernel, expansion } = shape;
  const inner = input * expansion;
  const up = { in: input, out: inner, kernel: 1, stride: 1, depthwise: false };
  const layers = [
    ...(expansion === 1 ? [] : [up]),
    { in: inner, out: inner, kernel, stride, depthwise: true },
    { in: inner, out, kernel: 1, stride: 1, depthwise: false },
  ];
  return {
    layers,
    shortcut: input === out && stride === 1 ? 'identity' : 'none',
    stride,
    squeezeAfter: shape.squeezeExcite ? layers.length - 2 : null,
  };
}
