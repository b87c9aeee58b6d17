import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { METHODS, resolveConfig, type ZenNasConfig, type ZenNasSummary } from '@crucible/contracts';
import { loadEngine, resetSlowPath, slowPath } from '@crucible/engine-native';
import { createFakeContext } from '../testing/fake-context.ts';
import { syntheticDataset } from '../testing/synthetic-dataset.ts';
import { zenNas } from './run.ts';

/**
 * Wide enough for the algorithms that the engine takes for real networks, which the tiny ones of other tests stay below:
 * Winograd's for 3x3 convolutions of 64 channels, and the blocked form between them.
 */
const STRUCTURE =
  'SuperConvK3BNRELU(1,64,1,1)SuperResK3K3(64,64,1,64,1)SuperResK1K3K1(64,64,2,64,1)SuperConvK1BNRELU(64,64,1,1)';

const DATASET = syntheticDataset({ resolution: 8, channels: 1, classes: 4, trainCount: 96, testCount: 40 });

const CONFIG = resolveConfig('zen-nas', {
  structure: STRUCTURE,
  score: { batchSize: 4 },
  search: { finalRescoreRepeats: 1 },
  training: {
    epochs: 8,
    batchSize: 16,
    learningRate: 0.05,
    batchNormMomentum: 0.3,
    warmupSteps: 2,
    augmentation: 'flip',
    evalBatchSize: 40,
    loader: { threads: 0 },
  },
}) as ZenNasConfig;

const train = async (winograd: boolean) => {
  await loadEngine({ engine: 'onednn', threads: 1, winograd });
  resetSlowPath();
  const ctx = createFakeContext({ descriptor: METHODS['zen-nas'], dataset: DATASET, seed: 5 });
  const summary = (await zenNas.run(CONFIG, ctx)) as ZenNasSummary;
  const losses = [...ctx.metrics].filter(([name]) => name.startsWith('train/loss@')).map(([, loss]) => loss);
  // the few scalars of a step are put together to be read at once
  const slow = [...slowPath()].filter(([name]) => name !== 'Pack');
  return { summary, losses, slow };
};

describe('zen-nas on the native engine at 64 channels', async () => {
  const [fast, plain] = [await train(true), await train(false)];

  it('scores and trains on native kernels alone, and learns', () => {
    assert.deepEqual(fast.slow, []);
    assert.ok(Number.isFinite(fast.summary.score) && fast.summary.score > 10, `${fast.summary.score}`);
    assert.ok((fast.losses.at(-1) ?? 9) < (fast.losses[0] ?? 0), `${fast.losses}`);
    assert.ok((fast.summary.testAccuracy ?? 0) > 0.9, `${fast.summary.testAccuracy}`);
  });

  it("gives the score and the losses that it gives without Winograd's algorithm", () => {
    assert.ok(Math.abs(fast.summary.score - plain.summary.score) < 1e-2);
    const [first = Number.NaN] = fast.losses;
    assert.ok(Math.abs(first - (plain.losses[0] ?? 0)) < 0.02 * first, `${fast.losses} for ${plain.losses}`);
  });
});
