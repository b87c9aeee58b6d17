import '../testing/setup.ts';
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { CrucibleError, type LabelSmoothingConfig, METHODS, resolveConfig } from '@crucible/contracts';
import * as tf from '@tensorflow/tfjs-core';
import { DataError } from '../method.ts';
import { createFakeContext, type FakeContext } from '../testing/fake-context.ts';
import { syntheticDataset } from '../testing/synthetic-dataset.ts';
import { labelSmoothing } from './run.ts';

const DATASET = syntheticDataset({ resolution: 6, channels: 1, classes: 4, trainCount: 40, testCount: 20 });
const EPOCHS = 4;
const PER_EPOCH = 5;
const SHA256 = 'a'.repeat(64);

const configOf = (changed: object): LabelSmoothingConfig =>
  resolveConfig('label-smoothing', {
    model: { kind: 'mlp', hidden: [8] },
    labelNoise: 0.2,
    deltaProbe: { everyEpochs: 2, samples: 32 },
    ...changed,
    training: { epochs: EPOCHS, batchSize: 8, loader: { threads: 0 } },
  }) as LabelSmoothingConfig;

const run = async (changed: object, inputs?: ReadonlyMap<string, Uint8Array>) => {
  const descriptor = METHODS['label-smoothing'];
  const ctx = createFakeContext({ descriptor, dataset: DATASET, seed: 5, ...(inputs === undefined ? {} : { inputs }) });
  return { ctx, summary: await labelSmoothing.run(configOf(changed), ctx) };
};
const weights = ({ artifacts }: FakeContext) => artifacts.get('weights.safetensors');
/** Tensors after so many epochs. */
const after = ({ checkpoints }: FakeContext, epochs: number) =>
  checkpoints.find(({ step }) => step === epochs * PER_EPOCH)?.tensors;

let before = 0;
beforeEach(() => {
  before = tf.memory().numTensors;
});
afterEach(() => assert.equal(tf.memory().numTensors, before));

describe('label-smoothing', () => {
  it('is plain training, bit for bit, without smoothing, and with TSLA(0)', async () => {
    const none = await run({ mode: 'none' });
    for (const changed of [
      { mode: 'tsla', switchEpoch: 0 },
      { mode: 'lsr', smoothing: 0 },
      { mode: 'linear-decay', smoothing: 0 },
      { mode: 'late-only', switchEpoch: EPOCHS },
    ])
      assert.deepEqual(after((await run(changed)).ctx, EPOCHS), after(none.ctx, EPOCHS), JSON.stringify(changed));
    assert.notDeepEqual(after((await run({ mode: 'lsr' })).ctx, EPOCHS), after(none.ctx, EPOCHS));
  });

  it('is constant smoothing, bit for bit, with TSLA(E), and when it comes late from epoch 0 on', async () => {
    const lsr = await run({ mode: 'lsr' });
    for (const changed of [
      { mode: 'tsla', switchEpoch: EPOCHS },
      { mode: 'late-only', switchEpoch: 0 },
    ])
      assert.deepEqual(after((await run(changed)).ctx, EPOCHS), after(lsr.ctx, EPOCHS));
  });

  it('does not depend on the switch before it comes', async () => {
    const [early, late] = [await run({ switchEpoch: 1 }), await run({ switchEpoch: 3 })];
    assert.deepEqual(after(early.ctx, 1), after(late.ctx, 1));
    assert.notDeepEqual(after(early.ctx, 2), after(late.ctx, 2));
  });

  it('tells smoothing and hard loss in both stages, and the accuracy around the switch', async () => {
    const { ctx, summary } = await run({ switchEpoch: 2 });
    const at = (name: string, epoch: number) => ctx.metrics.get(`${name}@${epoch * PER_EPOCH}`);
    assert.deepEqual(
      [1, 2, 3, 4].map((epoch) => Math.fround(at('train/smoothing', epoch) ?? 0)),
      [0.4, 0.4, 0, 0].map(Math.fround),
    );
    assert.ok((at('train/loss', 2) ?? 0) > (at('train/hard-loss', 2) ?? 0));
    assert.equal(at('train/loss', 3), at('train/hard-loss', 3));
    assert.equal(summary.accuracyBeforeSwitch, at('test/accuracy', 2));
    assert.equal(summary.accuracyAfterSwitch, at('test/accuracy', 3));
    assert.equal((await run({ mode: 'lsr' })).summary.accuracyBeforeSwitch, null);
  });

  it('probes before the first step, every few epochs and after the last one', async () => {
    const { ctx, summary } = await run({ deltaProbe: { everyEpochs: 3, samples: 16 } });
    const csv = new TextDecoder().decode(ctx.artifacts.get('delta.csv')).trim().split('\n');
    assert.deepEqual(
      csv.slice(1).map((line) => Number(line.split(',')[0])),
      [0, 15, 20],
    );
    assert.equal(summary.deltaAtStart, ctx.metrics.get('probe/delta@0'));
    assert.deepEqual(summary.warnings, []);
    const { summary: without } = await run({ deltaProbe: null });
    assert.deepEqual([without.deltaAtStart, without.probeLoss], [null, null]);
  });

  it('flips labels by the seed, none without noise', async () => {
    assert.equal((await run({ labelNoise: 0 })).summary.flippedLabels, 0);
    const flipped = (await run({ labelNoise: 0.5 })).summary.flippedLabels;
    assert.ok(flipped > 10 && flipped < 30, `${flipped} of 40`);
  });

  it('takes its soft labels from the weights that another job left, and refuses those of another network', async () => {
    const taught = await run({ mode: 'lsr', labelNoise: 0 });
    const inputs = new Map([[SHA256, weights(taught.ctx) as Uint8Array]]);
    const teacher = { weights: { fromArtifact: SHA256, sha256: SHA256 }, model: { kind: 'mlp', hidden: [8] } };
    const student = await run({ mode: 'lsr', teacher }, inputs);
    assert.notDeepEqual(weights(student.ctx), weights((await run({ mode: 'lsr' })).ctx));
    const pre = await run({ mode: 'tsla', switchEpoch: 0, teacher }, inputs);
    assert.deepEqual(weights(pre.ctx), weights((await run({ mode: 'tsla', switchEpoch: 0 })).ctx));
    const other = { ...teacher, model: { kind: 'mlp', hidden: [9] } };
    await assert.rejects(run({ teacher: other }, inputs), (error) => {
      assert.ok(error instanceof DataError);
      assert.match(error.message, /weights of the teacher do not fit its model: .* want \[36,9\]/);
      return true;
    });
  });

  it('refuses a switch after the end, and keys that it does not know', () => {
    const faults = (changed: object): string[] => {
      try {
        configOf(changed);
        return [];
      } catch (error) {
        assert.ok(error instanceof CrucibleError);
        return error.faults.map(({ pointer }) => pointer);
      }
    };
    assert.deepEqual(faults({ switchEpoch: 5 }), ['/config/switchEpoch']);
    assert.deepEqual(faults({ theta: 0.1, secondStage: { lr: 1 } }).sort(), [
      '/config/secondStage/lr',
      '/config/theta',
    ]);
    assert.deepEqual(faults({ deltaProbe: { everyEpochs: 0 } }), ['/config/deltaProbe/everyEpochs']);
    const { deltaProbe, switchEpoch } = configOf({ deltaProbe: { samples: 64 } });
    assert.deepEqual([deltaProbe, switchEpoch], [{ everyEpochs: 5, samples: 64 }, null]);
  });
});
