import assert from 'node:assert/strict';
import { it } from 'node:test';
import { type GenetConfig, parseStructure, resolveConfig, superBlocks } from '@crucible/contracts';
import { loadEngine, resetSlowPath, slowPath } from '@crucible/engine-native';
import * as tf from '@tensorflow/tfjs-core';
import { createOptimizer, decayGroups } from '../optim/optimizer.ts';
import { createRng } from '../random/create-rng.ts';
import { syntheticDataset } from '../testing/synthetic-dataset.ts';
import { modelTensors } from '../train/save-training.ts';
import { distilledLoss } from './distil-phase.ts';
import { frozenNetwork, hybrid } from './hybrid.ts';
import { freshNetwork } from './train-network.ts';

const DATASET = syntheticDataset({ resolution: 12, channels: 1, classes: 4, trainCount: 8, testCount: 4 });
const blocks = superBlocks(
  parseStructure(
    'SuperConvK3BNRELU(1,8,1,1)SuperResKXKX(8,16,3,2,1,2)SuperResK1KXK1(16,24,3,2,0.5,2)SuperResK1DWK1(24,24,5,1,2,2)',
  ),
);
const rng = (name: string) => createRng(6, name);

it('a folded network and a step of distillation run on native kernels alone, on the engine where they are fused', async () => {
  await loadEngine({ engine: 'onednn', threads: 1 });
  const before = tf.memory().numTensors;
  const network = freshNetwork(blocks, resolveConfig('genet', {}) as GenetConfig, DATASET, rng);
  const tensors = await modelTensors(network);
  const frozen = frozenNetwork(blocks, DATASET, tensors, rng);
  const [block] = superBlocks(parseStructure('SuperResK1DWK1(8,32,3,2,3,2)'));
  assert.ok(block);
  const student = hybrid({ blocks, frozen, tensors, at: 1, block, batchNormMomentum: 0.1, rng });
  const optimizer = createOptimizer({ kind: 'sgd', momentum: 0.9, nesterov: true }, decayGroups(student, 1e-4));
  const pixels = new Float32Array(4 * 12 * 12);
  rng('images').fillNormal(pixels);
  const images = tf.tensor4d(pixels, [4, 12, 12, 1]);
  const losses: number[] = [];
  resetSlowPath();
  for (let step = 0; step < 12; step += 1) {
    const { value, grads } = tf.variableGrads(
      () => distilledLoss(student.features(images, true)),
      student.parameters.map((parameter) => parameter.value),
    );
    losses.push((await value.data())[0] ?? Number.NaN);
    optimizer.update(grads, 0.02);
    tf.dispose([value, grads]);
  }
  const logits = tf.tidy(() => [frozen.forward(images, false), student.forward(images, false)]);
  tf.dispose(logits);
  assert.deepEqual(Object.fromEntries(slowPath()), {});
  assert.ok((losses.at(-1) as number) < 0.8 * (losses[0] as number), `${losses}`);
  optimizer.dispose();
  for (const one of [network, frozen, student, images]) one.dispose();
  assert.equal(tf.memory().numTensors, before);
});
