import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AUGMENTATION_PRESETS, type AugmentationPolicy } from '@crucible/contracts';
import { applyPolicy } from '../augment/apply-policy.ts';
import { createRng } from '../random/create-rng.ts';
import { syntheticDataset } from '../testing/synthetic-dataset.ts';
import { batchWriter } from './batch-source.ts';
import { createLoader, type Loader, type LoaderOptions, stepsPerEpoch } from './loader.ts';
import { normalisationTable, writeNormalised } from './normalise.ts';
import { startThreads } from './thread-pool.ts';

const DATASET = syntheticDataset({ resolution: 10, channels: 3, classes: 4, trainCount: 45, testCount: 4 });
const small: AugmentationPolicy = [{ op: 'random-resized-crop', size: 6, scale: [0.3, 0.8], ratio: [1, 1] }];
const OPTIONS: LoaderOptions = {
  batchSize: 8,
  views: [AUGMENTATION_PRESETS.contrastive, AUGMENTATION_PRESETS.randaugment, small],
  totalSteps: 12,
  threads: 0,
  prefetch: 3,
  rng: (name) => createRng(17, name),
};
const STEPS = [...Array(OPTIONS.totalSteps).keys()];

const all = async (loader: Loader, steps: readonly number[] = STEPS) => {
  const batches = [];
  for (const step of steps) batches.push(await loader.batch(step));
  return batches;
};

describe('createLoader', () => {
  it('gives the same bytes whatever the number of threads, the prefetch and the place it begins at', async () => {
    const inProcess = createLoader(DATASET, OPTIONS);
    const expected = await all(inProcess);
    assert.deepEqual(await all(inProcess), expected);
    for (const [threads, prefetch] of [
      [1, 1],
      [1, 4],
      [3, 2],
    ] as const) {
      const loader = createLoader(DATASET, { ...OPTIONS, threads, prefetch });
      assert.deepEqual(await all(loader), expected);
      // back and forth, as after a restore
      assert.deepEqual(
        await all(loader, [7, 8, 2, 11]),
        [7, 8, 2, 11].map((step) => expected[step]),
      );
      await loader.close();
    }
  });

  it('shows each sample at most once per epoch, in another order and another form in each', async () => {
    const loader = createLoader(DATASET, OPTIONS);
    assert.equal(stepsPerEpoch(45, 8), 5);
    assert.equal(stepsPerEpoch(5, 8), 1);
    const batches = await all(loader, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    assert.deepEqual(
      batches.map(({ epoch }) => epoch),
      [0, 0, 0, 0, 0, 1, 1, 1, 1, 1],
    );
    const samples = (epoch: number) =>
      batches.filter((batch) => batch.epoch === epoch).flatMap((batch) => [...batch.samples]);
    assert.equal(new Set(samples(0)).size, 40);
    assert.notDeepEqual(samples(0), samples(1));
    for (const { labels, samples: shown, views } of batches) {
      assert.deepEqual(
        [...labels],
        [...shown].map((sample) => DATASET.train.labels[sample]),
      );
      assert.deepEqual(
        views.map(({ length }) => length),
        [8 * 300, 8 * 300, 8 * 108],
      );
    }
    assert.deepEqual(loader.viewSizes, [
      { height: 10, width: 10 },
      { height: 10, width: 10 },
      { height: 6, width: 6 },
    ]);
  });

  it('augments a sample by seed, epoch, sample and view, and normalises it', () => {
    const { train, height, width, channels, mean, std } = DATASET;
    const views = OPTIONS.views;
    const out = new Float32Array(2 * 708);
    batchWriter({ images: train.images, height, width, channels, mean, std, views, seed: 99 })(
      out,
      4,
      Int32Array.of(7, 3),
    );
    const fill = mean.map((m) => Math.round(255 * m));
    const pixels = train.images.subarray(3 * 300, 4 * 300);
    const second = applyPolicy(
      { pixels, height, width, channels },
      views[1] ?? [],
      createRng(99, 'augment/4/3/1'),
      fill,
    );
    // views one after the other: sample 3 of the second view follows both samples of the first and sample 7
    second.pixels.forEach((byte, i) => {
      assert.ok(Math.abs((out[2 * 300 + 300 + i] as number) - (byte / 255 - 0.25) / 0.2) < 1e-5);
    });
  });

  it('takes all samples where there are fewer than a batch holds', async () => {
    const few = { ...DATASET, train: { ...DATASET.train, count: 5 } };
    const { samples } = await createLoader(few, OPTIONS).batch(0);
    assert.deepEqual([...samples].sort(), [0, 1, 2, 3, 4]);
  });

  it('makes no more batches in advance than asked for, and none beyond the end', async () => {
    const loader = createLoader(DATASET, { ...OPTIONS, threads: 1, prefetch: 64, totalSteps: 3 });
    const expected = await all(createLoader(DATASET, OPTIONS), [0, 1, 2]);
    assert.deepEqual(await all(loader, [0, 1, 2]), expected);
    await loader.close();
  });

  it('leaves no thread behind, and refuses batches once it is closed', async () => {
    const threads = () => process.getActiveResourcesInfo().filter((name) => name === 'MessagePort').length;
    const before = threads();
    const loader = createLoader(DATASET, { ...OPTIONS, threads: 2 });
    await loader.batch(0);
    assert.ok(threads() > before);
    await loader.close();
    assert.equal(threads(), before);
    await assert.rejects(loader.batch(1), /the loader is closed/);
    await loader.close();
  });

  it('carries the error of a thread to whoever asks for the batch', async () => {
    const views = [[{ op: 'swirl' }]] as unknown as AugmentationPolicy[];
    const loader = createLoader(DATASET, { ...OPTIONS, views, threads: 1 });
    await assert.rejects(
      loader.batch(0),
      (error) =>
        error instanceof Error && /a batch could not be made/.test(error.message) && error.cause instanceof Error,
    );
    await loader.close();
    const { height, width, channels, std } = DATASET;
    const broken = { images: new Uint8Array(), height, width, channels, std, mean: null, views: [], seed: 1 };
    const pool = startThreads(broken as never, 1);
    const asked = pool.write({ epoch: 0, samples: Int32Array.of(0), out: new Float32Array(1) });
    await assert.rejects(asked, /a loader thread failed/);
    await assert.rejects(
      pool.write({ epoch: 0, samples: Int32Array.of(0), out: new Float32Array(1) }),
      /thread failed/,
    );
    await pool.close();
  });
});

describe('writeNormalised', () => {
  it('maps each byte by its channel', () => {
    const out = new Float32Array(8);
    writeNormalised(out, 1, Uint8Array.of(0, 255, 51, 102, 255, 0), normalisationTable([0.2, 0.5], [0.5, 0]));
    [0, -0.4, 0.5, 0, -0.1, 1.6, -0.5, 0].forEach((value, i) => {
      assert.ok(Math.abs((out[i] as number) - value) < 1e-6, `${i}: ${out[i]} ${value}`);
    });
  });
});
