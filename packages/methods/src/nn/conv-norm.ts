import type { ConvSpec } from './conv.ts';
import type { UnitSpec } from './unit.ts';

/** A lone convolution with its normalisation and activation, as a unit without a link. */
export const convNorm = (layer: ConvSpec): UnitSpec => ({
  layers: [layer],
  shortcut: 'none',
  stride: layer.stride,
  squeezeAfter: null,
});
