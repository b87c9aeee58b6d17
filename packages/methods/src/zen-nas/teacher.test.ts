import '../testing/setup.ts';
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CrucibleError, METHODS, resolveConfig, type ZenNasConfig } from '@crucible/contracts';
import * as tf from '@tensorflow/tfjs-core';
import { DataError } from '../method.ts';
import { createFakeContext } from '../testing/fake-context.ts';
import { syntheticDataset } from '../testing/synthetic-dataset.ts';
import { zenNas } from './run.ts';

const DATASET = syntheticDataset({ resolution: 8, channels: 1, classes: 4, trainCount: 40, testCount: 20 });
const SHA256 = 'a'.repeat(64);
const WEIGHTS = { fromArtifact: SHA256, sha256: SHA256 };

const configOf = (training: object): ZenNasConfig =>
  resolveConfig('zen-nas', {
    structure: 'SuperConvK3BNRELU(1,8,2,1)SuperResK3K3(8,8,2,8,1)SuperConvK1BNRELU(8,16,1,1)',
    score: { batchSize: 2 },
    search: { finalRescoreRepeats: 1 },
    training: { epochs: 1, batchSize: 8, warmupSteps: 0, learningRate: 0.02, loader: { threads: 0 }, ...training },
  }) as ZenNasConfig;

/** Trains the structure, and says its losses, its weights and how many tensors it left. */
async function trained(training: object, inputs: ReadonlyMap<string, Uint8Array> = new Map()) {
  const before = tf.memory().numTensors;
  const ctx = createFakeContext({ descriptor: METHODS['zen-nas'], dataset: DATASET, seed: 5, inputs });
  try {
    await zenNas.run(configOf(training), ctx);
  } finally {
    assert.equal(tf.memory().numTensors, before);
  }
  const losses = [...ctx.metrics].filter(([name]) => name.startsWith('train/loss@')).map(([, loss]) => loss);
  return { losses, weights: ctx.artifacts.get('weights.safetensors') as Uint8Array };
}

describe('training of a found network with a teacher', async () => {
  const alone = await trained({});
  const inputs = new Map([[SHA256, alone.weights]]);

  it('learns from the network that another job left, whose file says its structure', async () => {
    const taught = await trained({ teacher: { weights: WEIGHTS } }, inputs);
    assert.notDeepEqual(taught.weights, alone.weights);
    assert.ok(taught.losses.length > 0 && taught.losses.every(Number.isFinite), `${taught.losses}`);
  });

  it('is what it is without one where the labels have all the weight', async () => {
    const taught = await trained({ teacher: { weights: WEIGHTS, weight: 0 } }, inputs);
    assert.deepEqual(taught, alone);
  });

  it('refuses weights of another network, and a structure that is none', async () => {
    const teacher = { weights: WEIGHTS, model: { kind: 'mlp', hidden: [9] } };
    await assert.rejects(trained({ teacher }, inputs), DataError);
    const broken = { weights: WEIGHTS, model: { kind: 'structure', structure: 'Conv(1' } };
    assert.throws(
      () => configOf({ teacher: broken }),
      (error) =>
        error instanceof CrucibleError &&
        error.faults.some(({ pointer }) => pointer.startsWith('/config/training/teacher/model')),
    );
  });
});
