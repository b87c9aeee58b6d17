import '../testing/setup.ts';
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { METHODS, type NoisyLabelsConfig, type NoisyLabelsSummary, resolveConfig } from '@crucible/contracts';
import * as tf from '@tensorflow/tfjs-core';
import { decodeSafetensors } from '../data/safetensors.ts';
import { type Checkpoint, Stopped } from '../method.ts';
import { buildModel } from '../nn/build-model.ts';
import { createRng } from '../random/create-rng.ts';
import { createFakeContext } from '../testing/fake-context.ts';
import { syntheticDataset } from '../testing/synthetic-dataset.ts';
import { classification } from '../train/classification.ts';
import { trainingOptionsOf } from '../train/from-config.ts';
import { modelTensors } from '../train/save-training.ts';
import { train } from '../train/train.ts';
import { noisyLabels } from './run.ts';

const DATASET = syntheticDataset({ resolution: 8, channels: 1, classes: 4, trainCount: 220, testCount: 100 });
const BASE = {
  dataset: { name: 'image-folder' },
  model: { kind: 'mlp', hidden: [16] },
  training: { epochs: 3, batchSize: 10, validationSamples: 20, evalBatchSize: 100, loader: { threads: 0 } },
};
const SEED = 3;

const configOf = (more: object): NoisyLabelsConfig =>
  resolveConfig('noisy-labels', { ...BASE, ...more }) as NoisyLabelsConfig;

const run = async (
  more: object,
  resumeFrom: Checkpoint | null = null,
  releaseAt: number | null = null,
): Promise<{ ctx: ReturnType<typeof createFakeContext>; summary: NoisyLabelsSummary | null }> => {
  const ctx = createFakeContext({
    descriptor: METHODS['noisy-labels'],
    dataset: DATASET,
    seed: SEED,
    resumeFrom,
    stop: (call) => (call === releaseAt ? 'release' : 'no'),
  });
  const tensors = tf.memory().numTensors;
  try {
    return { ctx, summary: await noisyLabels.run(configOf(more), ctx) };
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
    return { ctx, summary: null };
  } finally {
    assert.equal(tf.memory().numTensors, tensors);
  }
};

const finished = async (more: object) => {
  const { ctx, summary } = await run(more);
  assert.ok(summary);
  return { ctx, summary };
};

const NOISES = {
  symmetric: { kind: 'symmetric', rates: [0.3] },
  pair: { kind: 'pair', rates: [0.3], count: 'exact' },
  near: { kind: 'near', rates: [0.3], lookAlikes: [1, 0, 3, 2] },
  matrix: { kind: 'matrix', matrix: [0, 1, 2, 3].map((y) => [0, 1, 2, 3].map((j) => (j === y ? 0.7 : 0.1))) },
  instance: { kind: 'instance', rates: [0.3], epochs: 2 },
};

describe('noisy-labels', () => {
  it('is plain training, bit for bit, where no label is flipped', async () => {
    const { ctx } = await finished({
      noise: { kind: 'symmetric', rates: [0] },
      training: { ...BASE.training, validationSamples: 0 },
    });
    const left = decodeSafetensors(ctx.artifacts.get('weights.safetensors') as Uint8Array, 'weights');
    const config = configOf({ training: { ...BASE.training, validationSamples: 0 } });
    const rng = (name: string) => createRng(SEED, name);
    const model = buildModel(config.model, { input: DATASET, classes: DATASET.classes, rng });
    const objective = classification(model, DATASET, {
      augmentation: [],
      labelSmoothing: 0,
      mixing: { kind: 'none', alpha: 1 },
      rng,
    });
    const plain = await train(
      createFakeContext({ descriptor: METHODS['noisy-labels'], dataset: DATASET, seed: SEED }),
      objective,
      DATASET,
      {
        training: trainingOptionsOf(config.training, { rng }),
        saved: null,
        checkpoint: ({ state, tensors }, step) => ({ step, state, tensors }),
        measure: async () => ({}),
      },
      () => modelTensors(model),
    );
    model.dispose();
    const byName = new Map(left.map((tensor) => [tensor.name, tensor.data]));
    assert.equal(byName.size, plain.length);
    for (const { name, data } of plain) assert.deepEqual(byName.get(name), data);
  });

  for (const [kind, noise] of Object.entries(NOISES))
    it(`flips the share that it says, and warns of nothing: ${kind}`, async () => {
      const { summary, ctx } = await finished({ noise });
      const [cell] = summary.cells;
      assert.ok(cell && Math.abs(cell.flippedShare - 0.3) < 0.1 && cell.samples === 200);
      assert.deepEqual(summary.warnings, []);
      if (kind !== 'instance') assert.ok((cell.largestIdentityZ as number) < 4);
      const labels = decodeSafetensors(ctx.artifacts.get('labels.safetensors') as Uint8Array, 'labels');
      const [clean, observed] = ['clean', `observed/${cell.noiseRate}`].map(
        (name) => labels.find((tensor) => tensor.name === name)?.data,
      );
      assert.ok(clean && observed);
      const flipped = Array.from(clean).filter((y, i) => y !== observed[i]).length;
      assert.ok(Math.abs(flipped / 200 - cell.flippedShare) < 1e-12);
      const fits = labels.find(({ name }) => name === `fits/${cell.noiseRate}`);
      assert.ok(fits);
      const last = (fits.data as Uint8Array).slice(-25);
      const numFit = last.reduce((sum, byte) => sum + byte.toString(2).replaceAll('0', '').length, 0);
      const { fitClean, fitNoisy } = cell.lastEpoch;
      assert.ok(Math.abs(numFit - ((fitClean as number) * (200 - flipped) + (fitNoisy as number) * flipped)) < 1e-9);
    });

  it('trains with every remedy, and with the flipped samples left out by the oracle', async () => {
    for (const kind of ['label-smoothing', 'forward', 'gce', 'mae', 'bootstrap', 'small-loss', 'oracle']) {
      const { summary } = await finished({ noise: NOISES.symmetric, remedy: { kind } });
      const [cell] = summary.cells;
      assert.ok(cell && Number.isFinite(cell.lastError), kind);
      assert.equal(cell.samples, kind === 'oracle' ? Math.round(200 * (1 - cell.flippedShare)) : 200);
    }
  });

  it('goes on bit for bit with instance noise, wherever it was released', async () => {
    const more = { noise: { ...NOISES.instance, rates: [0.1, 0.3] }, training: { ...BASE.training, epochs: 1 } };
    const whole = await finished(more);
    for (let at = 1; at <= whole.ctx.questions; at += 13) {
      const first = await run(more, null, at);
      assert.equal(first.summary, null);
      const { summary, ctx } = await run(more, first.ctx.checkpoints.at(-1) ?? null);
      assert.deepEqual(summary, whole.summary);
      for (const name of ['labels.safetensors', 'weights.safetensors', 'clean-first.csv'])
        assert.deepEqual(ctx.artifacts.get(name), whole.ctx.artifacts.get(name), `${name} after ${at}`);
    }
  });

  it('learns clean labels first', async () => {
    const { summary } = await finished({
      noise: NOISES.symmetric,
      training: { ...BASE.training, epochs: 40, learningRate: 0.1 },
    });
    const [cell] = summary.cells;
    assert.ok(cell);
    assert.ok(
      (cell.firstEpoch.auc as number) > 0.7 &&
        (cell.lastEpoch.fitNoisy as number) > (cell.firstEpoch.fitNoisy as number),
    );
  });

  it('warns when the clean label is not the most frequent one', async () => {
    const { summary } = await finished({ noise: { kind: 'pair', rates: [0.6] } });
    assert.deepEqual(
      summary.warnings.map(({ name }) => name),
      ['no-majority'],
    );
  });
});

describe('the config of noisy-labels', () => {
  const faults = (config: object): string[] => {
    try {
      resolveConfig('noisy-labels', config);
    } catch (error) {
      return (error as { faults: { pointer: string }[] }).faults.map(({ pointer }) => pointer);
    }
    return [];
  };
  it('is refused with the place of the fault', () => {
    assert.deepEqual(faults({ noise: { kind: 'symmetric', rates: [0.2, 0.1] } }), ['/config/noise/rates']);
    assert.deepEqual(
      faults({
        noise: {
          kind: 'matrix',
          matrix: [
            [1, 0],
            [0.5, 0.4],
          ],
        },
      }),
      ['/config/noise/matrix/1', '/config/noise/matrix'],
    );
    assert.deepEqual(faults({ dataset: { name: 'cifar-10' }, noise: { kind: 'near' } }), ['/config/noise/lookAlikes']);
    assert.deepEqual(faults({ noise: { kind: 'instance' }, remedy: { kind: 'forward' } }), ['/config/remedy/kind']);
    assert.deepEqual(faults({ linear: { samples: 40, stepSize: 0.5 } }), [
      '/config/linear/samples',
      '/config/linear/stepSize',
    ]);
    assert.deepEqual(faults({ shrink: 3 }), ['/config/shrink']);
    assert.deepEqual(faults({ noise: { kind: 'symmetric', rate: 0.2 } }), ['/config/noise/rate']);
  });
});
