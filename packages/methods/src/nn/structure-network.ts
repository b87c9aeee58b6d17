import { isGenet, lastOf, outChannels, type SuperBlock } from '@crucible/contracts';
import type { Rng } from '../random/rng.ts';
import { dense } from './dense.ts';
import { xavierNormal } from './init.ts';
import { chain, type FeatureSize } from './layer.ts';
import { createNetwork, type Network } from './network.ts';
import { type ExpandOptions, expandBlock } from './structure/expand.ts';
import { squeezedWidth } from './structure/squeezed-width.ts';
import { type UnitStyle, unit } from './unit.ts';
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
  const weights = new Weights(options.rng);
  const ofGenet = blocks.some(isGenet);
  const style: UnitStyle = {
    norm: { epsilon: ofGenet ? GENET_EPSILON : BATCH_NORM_EPSILON, momentum: options.batchNormMomentum },
    init: xavierNormal(GAIN),
    activation: 'relu',
    lastActivation: 'relu',
    zeroLastGamma: true,
    projectionBias: !ofGenet,
    squeezedWidth,
  };
  let units = 0;
  const stages = blocks.map((block, i) => ({
    name: `block-${i + 1}`,
    layer: chain(
      expandBlock(block, options).map((spec) => {
        units += 1;
        return unit(weights, `unit-${units}`, spec, style);
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
}
