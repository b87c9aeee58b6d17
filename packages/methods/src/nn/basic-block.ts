import type { UnitSpec } from './unit.ts';

export interface BlockShape {
  in: number;
  out: number;
  stride: number;
}

const shortcutOf = ({ in: input, out, stride }: BlockShape): UnitSpec['shortcut'] =>
  input === out && stride === 1 ? 'identity' : 'projection';

/** Basic residual block (arXiv:1512.03385): two 3x3 convolutions, the first with the stride. */
export function basicBlock(shape: BlockShape): UnitSpec {
  const { in: input, out, stride } = shape;
  const layer = { kernel: 3, depthwise: false };
  return {
    layers: [
      { ...layer, in: input, out, stride },
      { ...layer, in: out, out, stride: 1 },
    ],
    shortcut: shortcutOf(shape),
    stride,
    squeezeAfter: null,
  };
}

/** Channels that leave a bottleneck over those inside it. */
export const BOTTLENECK_EXPANSION = 4;

/**
 * Bottleneck residual block: 1x1 down to a quarter of `out`, 3x3, 1x1 up. The stride is that of the 3x3 convolution
 * ("v1.5"), which is what the published cost of ResNet-50 counts; the first version had it in the first 1x1.
 */
export function bottleneckBlock(shape: BlockShape): UnitSpec {
  const { in: input, out, stride } = shape;
  const inner = out / BOTTLENECK_EXPANSION;
  return {
    layers: [
      { in: input, out: inner, kernel: 1, stride: 1, depthwise: false },
      { in: inner, out: inner, kernel: 3, stride, depthwise: false },
      { in: inner, out, kernel: 1, stride: 1, depthwise: false },
    ],
    shortcut: shortcutOf(shape),
    stride,
    squeezeAfter: null,
  };
}
