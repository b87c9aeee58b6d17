import '../testing/setup.ts';
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { CrucibleError, METHODS, resolveConfig, type WeMixConfig } from '@crucible/contracts';
import * as tf from '@tensorflow/tfjs-core';
import { createFakeContext, type FakeContext } from '../testing/fake-context.ts';
import { syntheticDataset } from '../testing/synthetic-dataset.ts';
import { wemix } from './run.ts';

const DATASET = syntheticDataset({ resolution: 6, channels: 1, classes: 4, trainCount: 40, testCount: 12 });
const EPOCHS = 3;
const PER_EPOCH = 5;
const SHIFT = [
  { op: 'pad-crop', padding: 1 },
  { op: 'flip', probability: 0.5 },
];
/** Copies of every kind, and networks with and without batch normalisation. */
const KINDS: [string, object][] = [
  ['mixup', { augmented: { kind: 'mixup' } }],
  ['mixup, a ratio per sample', { augmented: { kind: 'mixup', ratioPer: 'sample' }, copies: 2 }],
  ['cutmix', { augmented: { kind: 'cutmix' }, batchNorm: 'separate' }],
  ['policy', { augmented: { kind: 'policy', policy: SHIFT }, copies: 2 }],
];

const configOf = (changed: object): WeMixConfig =>
  resolveConfig('wemix', {
    model: { kind: 'small-cnn', channels: [4], strides: [2] },
    biasProbe: null,
    switchEpoch: 2,
    ...changed,
    training: { epochs: EPOCHS, batchSize: 8, augmentation: 'flip', loader: { threads: 0 } },
  }) as WeMixConfig;

const run = async (changed: object) => {
  const ctx = createFakeContext({ descriptor: METHODS.wemix, dataset: DATASET, seed: 5 });
  return { ctx, summary: await wemix.run(configOf(changed), ctx) };
};
/** All tensors of the training after so many epochs: running statistics and momentum, too. */
const after = ({ checkpoints }: FakeContext, epochs = EPOCHS) =>
  checkpoints.find(({ step }) => step === epochs * PER_EPOCH)?.tensors;
const end = async (changed: object) => after((await run(changed)).ctx);

let before = 0;
beforeEach(() => {
  before = tf.memory().numTensors;
});
afterEach(() => assert.equal(tf.memory().numTensors, before));

describe('wemix', () => {
  for (const [what, kind] of KINDS)
    it(`comes down to its parts at the limits, bit for bit: ${what}`, async () => {
      const none = await end({ ...kind, mode: 'none' });
      const aug = await end({ ...kind, mode: 'aug' });
      const augdrop = await end({ ...kind, mode: 'augdrop' });
      const mixloss = await end({ ...kind, mode: 'mixloss' });
      const same = async (changed: object, expected: typeof none, name: string) =>
        assert.deepEqual(await end({ ...kind, ...changed }), expected, name);
      await same({ mode: 'mixloss', originalWeight: 1 }, none, 'mixloss at weight 1 is none');
      await same({ mode: 'augdrop', switchEpoch: 0 }, none, 'augdrop from epoch 0 is none');
      await same({ mode: 'augdrop-reverse', switchEpoch: EPOCHS }, none, 'augdrop-reverse at the end is none');
      await same({ mode: 'mixloss', originalWeight: 0 }, aug, 'mixloss at weight 0 is aug');
      await same({ mode: 'augdrop', switchEpoch: EPOCHS }, aug, 'augdrop at the end is aug');
      await same({ mode: 'wemix', originalWeight: 0 }, augdrop, 'wemix at weight 0 is augdrop');
      await same({ mode: 'wemix', switchEpoch: EPOCHS }, mixloss, 'wemix without a switch is mixloss');
      for (const other of [aug, augdrop, mixloss]) assert.notDeepEqual(other, none);
      assert.notDeepEqual(mixloss, aug);
    });

  it('does not depend on the switch before it comes', async () => {
    const [early, late] = [(await run({ switchEpoch: 1 })).ctx, (await run({ switchEpoch: 2 })).ctx];
    assert.deepEqual(after(early, 1), after(late, 1));
    assert.notDeepEqual(after(early, 2), after(late, 2));
  });

  it('is plain training with copies that change nothing', async () => {
    const still = { kind: 'policy', policy: [{ op: 'flip', probability: 0 }] };
    const flipless = { training: undefined };
    const plain = (mode: string) => {
      const config = configOf({ ...flipless, mode, augmented: still });
      config.training.augmentation = 'none';
      const ctx = createFakeContext({ descriptor: METHODS.wemix, dataset: DATASET, seed: 5 });
      return wemix.run(config, ctx).then(() => after(ctx));
    };
    assert.deepEqual(await plain('aug'), await plain('none'));
  });

  it('tells both losses where both are trained on, and labels of policies are never shifted', async () => {
    const { ctx } = await run({ augmented: { kind: 'mixup' } });
    const at = (name: string, epoch: number) => ctx.metrics.get(`train/${name}@${epoch * PER_EPOCH}`) ?? Number.NaN;
    const sum = (at('original-loss', 2) + at('augmented-loss', 2)) / 2;
    assert.ok(Math.abs(at('loss', 2) - sum) < 1e-5);
    assert.deepEqual([at('original-weight', 2), at('original-weight', 3)], [0.5, 1]);
    assert.equal(at('loss', 3), at('original-loss', 3));
    assert.ok(Number.isNaN(at('augmented-loss', 3)));
    assert.ok(at('label-shift', 1) > 0 && at('mix-ratio', 1) < 1);
    const policy = await run({ mode: 'aug', augmented: { kind: 'policy', policy: SHIFT } });
    assert.ok(![...policy.ctx.metrics.keys()].some((key) => /label-shift|mix-ratio|original-loss/.test(key)));
    assert.ok([...policy.ctx.metrics.keys()].some((key) => key.startsWith('train/accuracy')));
    const mixed = await run({ mode: 'aug', augmented: { kind: 'cutmix' } });
    assert.ok(![...mixed.ctx.metrics.keys()].some((key) => key.startsWith('train/accuracy')));
  });

  it('trains on labels as soft as those of mixup, without mixing, as a control', async () => {
    const { ctx } = await run({ mode: 'label-smoothing' });
    assert.ok([...ctx.metrics.keys()].every((key) => !key.startsWith('train/augmented-loss')));
    assert.notDeepEqual(after(ctx), await end({ mode: 'none' }));
  });

  it('leaves a sheet of examples and a line per probe', async () => {
    const { ctx, summary } = await run({ biasProbe: { everyEpochs: 2, samples: 16, draws: 2 } });
    const csv = new TextDecoder().decode(ctx.artifacts.get('bias.csv')).trim().split('\n');
    assert.deepEqual(
      csv.slice(1).map((line) => Number(line.split(',')[0])),
      [0, 10, 15],
    );
    assert.equal(summary.bias, ctx.metrics.get('probe/bias@15'));
    assert.deepEqual([...(ctx.artifacts.get('examples.png') ?? []).slice(0, 4)], [0x89, 0x50, 0x4e, 0x47]);
  });

  it('refuses what does not fit together', () => {
    const faults = (changed: object): string[] => {
      try {
        configOf(changed);
        return [];
      } catch (error) {
        assert.ok(error instanceof CrucibleError);
        return error.faults.map(({ pointer }) => pointer);
      }
    };
    const crop = [{ op: 'flip' }, { op: 'random-resized-crop', size: 4 }];
    assert.deepEqual(faults({ augmented: { kind: 'policy' } }), ['/config/augmented/policy']);
    assert.deepEqual(faults({ augmented: { kind: 'policy', policy: crop } }), ['/config/augmented/policy/1/size']);
    assert.deepEqual(faults({ mode: 'label-smoothing', augmented: { kind: 'cutmix' } }), ['/config/augmented/kind']);
    assert.deepEqual(faults({ augmented: { kind: 'cutmix', ratioPer: 'sample' } }), ['/config/augmented/ratioPer']);
    assert.deepEqual(faults({ switchEpoch: 4 }), ['/config/switchEpoch']);
  });
});
