import { isGenet, lastOf, outChannels, type SuperBlock } from '@crucible/contracts';
import type { Rng } from '../random/rng.ts';
import { dense } from './dense.ts';
import { foldedUnit } from './folded-unit.ts';
import { xavierNormal } from './init.ts';
import { chain, type FeatureSize, type Layer } from './layer.ts';
import { createNetwork, type Network } from './network.ts';
import { type ExpandOptions, expandBlock } from './structure/expand.ts';
import { squeezedWidth } from './structure/squeezed-width.ts';
import { type UnitSpec, type UnitStyle, unit } from './unit.ts';
import { Weights } from './weights.ts';

/** Gain of all first weights in the released training of Zen-NAS: sqrt(3) * 2 / (1 + 0.25^2). */
const GAIN = 3.26033;
/** Of every batch normalisation in the networks of Zen-NAS, and in those of GENet. */
const BATCH_NORM_EPSILON = 1e-3;
const GENET_EPSILON = 1e-5;

export interface StructureNetworkOptions extends ExpandOptions {
  input: FeatureSize;
  classes: number;
  batchNormMomentum: number;
  /** named streams of the job's seed */
  rng: (name: string) => Rng;
}

/**
 * The network of a structure with its first weights, one stage per super block. The last batch normalisation of every
 * unit with a link starts at gamma = 0, so that the unit begins as its shortcut.
 */
export function structureNetwork(blocks: readonly SuperBlock[], options: StructureNetworkOptions): Network {
  const style = structureStyle(blocks, options.batchNormMomentum);
  return joined(blocks, options, (weights, name, spec) => unit(weights, name, spec, style));
}

/** How the units of a structure are built: GENet's and Zen-NAS's differ in epsilon and in the bias of projections. */
export function structureStyle(blocks: readonly SuperBlock[], batchNormMomentum: number): UnitStyle {
  const ofGenet = blocks.some(isGenet);
  return {
    norm: { epsilon: ofGenet ? GENET_EPSILON : BATCH_NORM_EPSILON, momentum: batchNormMomentum },
    init: xavierNormal(GAIN),
    activation: 'relu',
    lastActivation: 'relu',
    zeroLastGamma: true,
    projectionBias: !ofGenet,
    squeezedWidth,
  };
}

/**
 * The network of a structure for inference alone: no batch normalisation, a bias in every convolution instead. Its weights
 * are random until `foldBatchNorm` sets them.
 *
 * @throws RangeError with squeeze-and-excitation, which cannot be folded
 */
export const foldedNetwork = (
  blocks: readonly SuperBlock[],
  options: Omit<StructureNetworkOptions, 'batchNormMomentum'>,
): Network => joined(blocks, options, (weights, name, spec) => foldedUnit(weights, name, spec, xavierNormal(GAIN)));

const joined = (
  blocks: readonly SuperBlock[],
  options: Omit<StructureNetworkOptions, 'batchNormMomentum'>,
  build: (weights: Weights, name: string, spec: UnitSpec) => Layer,
): Network => {
  const weights = new Weights(options.rng);
  let units = 0;
  const stages = blocks.map((block, i) => ({
    name: `block-${i + 1}`,
    layer: chain(
      expandBlock(block, options).map((spec) => {
        units += 1;
        return build(weights, `unit-${units}`, spec);
      }),
    ),
  }));
  const classifier = dense(weights, 'head', {
    in: outChannels(lastOf(blocks)),
    out: options.classes,
    bias: true,
    init: xavierNormal(GAIN),
  });
  return createNetwork({ weights, stages, classifier, input: options.input });
};
