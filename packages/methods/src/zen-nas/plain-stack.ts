import type { SuperBlock } from '@crucible/contracts';
import type { ConvSpec } from '../nn/conv.ts';
import { type ResNetOptions, resnetUnits } from '../nn/resnet.ts';
import { expand } from '../nn/structure/expand.ts';

/** A convolution of a scored network; batch normalisation and ReLU follow it, then the pooling, if it has one. */
export interface ScoredLayer extends ConvSpec {
  /** 3 x 3 maximum, stride 2, one pixel of padding, behind the ReLU */
  maxPool?: boolean;
}

/** A network as the Zen-score sees it: no links, no squeeze-and-excitation, no head. */
export interface PlainStack {
  layers: readonly ScoredLayer[];
  /** added to the variance in every batch normalisation */
  epsilon: number;
}

/** Epsilon of the networks of Zen-NAS, and of the ResNets in table 5 of its paper. */
const STRUCTURE_EPSILON = 1e-3;
const RESNET_EPSILON = 1e-5;

/** The stack of a structure. */
export const structureStack = (blocks: readonly SuperBlock[]): PlainStack => ({
  layers: expand(blocks, { residuals: false, squeezeExcite: false }).flatMap((unit) => unit.layers),
  epsilon: STRUCTURE_EPSILON,
});

/** The stack of a ResNet: stem and blocks without shortcuts, as table 5 of arXiv:2102.01063 scores them. */
export function resnetStack(options: ResNetOptions, inChannels: number): PlainStack {
  const [stem, ...rest] = resnetUnits(options, inChannels).flatMap(({ layers }): ScoredLayer[] => [...layers]);
  if (stem === undefined) throw new RangeError('a ResNet has a stem');
  return { layers: [{ ...stem, maxPool: options.stem === 'imagenet' }, ...rest], epsilon: RESNET_EPSILON };
}
