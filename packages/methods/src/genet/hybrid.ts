/**
 * @file A trained network with one block replaced. All but the block is frozen, its batch normalisations too, so it stands
 * folded. A block of another width gets an adapter, so that what follows sees the width that it was trained for.
 */
import type { SuperBlock } from '@crucible/contracts';
import * as tf from '@tensorflow/tfjs-core';
import type { Dataset } from '../data/dataset.ts';
import type { StoredTensor } from '../method.ts';
import { convNorm } from '../nn/conv-norm.ts';
import { foldBatchNorm } from '../nn/fold-batch-norm.ts';
import { chain, type Layer } from '../nn/layer.ts';
import type { Model } from '../nn/model.ts';
import type { Network } from '../nn/network.ts';
import { globalAverage } from '../nn/pool.ts';
import { expandBlock } from '../nn/structure/expand.ts';
import { foldedNetwork, structureNetwork, structureStyle } from '../nn/structure-network.ts';
import { unit } from '../nn/unit.ts';
import { Weights } from '../nn/weights.ts';
import type { Rng } from '../random/rng.ts';
import { restoreTensors } from '../train/save-training.ts';

const EXPAND = { residuals: true, squeezeExcite: false } as const;

/** The trained network of a structure, folded. */
export function frozenNetwork(
  blocks: readonly SuperBlock[],
  dataset: Dataset,
  tensors: readonly StoredTensor[],
  rng: (name: string) => Rng,
): Network {
  const options = { ...EXPAND, input: dataset, classes: dataset.classes, rng };
  const trained = structureNetwork(blocks, { ...options, batchNormMomentum: 0 });
  try {
    restoreTensors([...trained.parameters, ...trained.statistics], tensors);
    const frozen = foldedNetwork(blocks, options);
    foldBatchNorm(trained, frozen, structureStyle(blocks, 0).norm.epsilon);
    return frozen;
  } finally {
    trained.dispose();
  }
}

/** A replaced block in its network. Parameters and statistics are the block's alone. */
export interface Hybrid extends Model {
  /** Feature maps of the block's place, `[B, h, w, C]`: the replacement's, and those of the block that it replaces. */
  features(images: tf.Tensor4D, training: boolean): { made: tf.Tensor4D; wanted: tf.Tensor4D };
}

export interface HybridOptions {
  /** the trained structure, and its network */
  blocks: readonly SuperBlock[];
  frozen: Network;
  /** its weights before folding */
  tensors: readonly StoredTensor[];
  /** index of the block that is replaced */
  at: number;
  /** what takes its place: same input width and stride */
  block: SuperBlock;
  batchNormMomentum: number;
  rng: (name: string) => Rng;
}

/** Puts a block into the place of another. It begins with the weights of the other wherever shapes allow. */
export function hybrid({ blocks, frozen, tensors, at, block, batchNormMomentum, rng }: HybridOptions): Hybrid {
  const weights = new Weights(rng);
  const style = structureStyle([block], batchNormMomentum);
  const width = blocks[at]?.out ?? block.out;
  const units = expandBlock(block, EXPAND).map((spec, i) => unit(weights, `unit-${i + 1}`, spec, style));
  const pointwise = { in: block.out, out: width, kernel: 1, stride: 1, depthwise: false };
  const adapter = block.out === width ? [] : [unit(weights, 'adapter', convNorm(pointwise), style)];
  const replacement = chain([...units, ...adapter]);
  const stages = frozen.stages.map(({ layer }) => layer);
  const [before, own, after] = [stages.slice(0, at), stages[at], stages.slice(at + 1)];
  if (own === undefined) throw new RangeError(`the structure has ${stages.length} blocks, not ${at + 1}`);
  const unitsBefore = blocks.slice(0, at).reduce((sum, { layers }) => sum + layers, 0);
  warmStart(weights, tensors, unitsBefore);
  return {
    parameters: weights.parameters,
    statistics: weights.statistics,
    features: (images, training) => {
      const entering = through(before, images);
      return { made: replacement.forward(entering, training), wanted: own.forward(entering, false) };
    },
    forward: (images, training) =>
      tf.tidy(() => {
        const made = replacement.forward(through(before, images), training);
        return frozen.classify(globalAverage(through(after, made)));
      }),
    dispose: () => weights.dispose(),
  };
}

const through = (layers: readonly Layer[], x: tf.Tensor4D): tf.Tensor4D => chain(layers).forward(x, false);

/** Copies each convolution with its normalisation from the unit of the same place, where the kernels have one shape. */
const warmStart = (weights: Weights, tensors: readonly StoredTensor[], unitsBefore: number): void => {
  const source = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  const variables = [...weights.parameters, ...weights.statistics];
  const sourceName = (name: string): string =>
    name.replace(/^unit-(\d+)/, (_, number: string) => `unit-${Number(number) + unitsBefore}`);
  for (const { name, value } of weights.parameters) {
    if (!name.endsWith('/kernel') || source.get(sourceName(name))?.shape.join() !== value.shape.join()) continue;
    const convolution = name.slice(0, -'/kernel'.length);
    const copied = variables.filter(
      (variable) => variable.name === name || variable.name.startsWith(`${convolution}-norm/`),
    );
    restoreTensors(
      copied,
      copied.map((variable) => ({ ...(source.get(sourceName(variable.name)) as StoredTensor), name: variable.name })),
    );
  }
};
