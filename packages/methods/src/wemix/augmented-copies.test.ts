import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { symmetricBeta } from '../augment/beta.ts';
import { mixup, type TargetBatch } from '../augment/mix-batch.ts';
import { createRng } from '../random/create-rng.ts';
import type { Rng } from '../random/rng.ts';
import { smoothedTargets } from '../train/soft-cross-entropy.ts';
import { labelShift, mixedCopies } from './augmented-copies.ts';
import { matchedSmoothing, mixupEntropy, smoothedEntropy } from './matched-smoothing.ts';

const [SIZE, CLASSES] = [8, 4];
const rng = (name: string) => createRng(9, name);
const batch: TargetBatch = {
  images: Float32Array.from({ length: SIZE * 6 }, (_, i) => Math.sin(i)),
  targets: smoothedTargets(
    Int32Array.from({ length: SIZE }, (_, i) => i % CLASSES),
    CLASSES,
    0,
  ),
  size: SIZE,
  height: 2,
  width: 3,
};
const rows = (values: Float32Array, width: number) =>
  Array.from({ length: values.length / width }, (_, b) => [...values.subarray(b * width, (b + 1) * width)]);

describe('mixedCopies', () => {
  for (const ratioPer of ['batch', 'sample'] as const)
    it(`stays in the hull of the batch, with labels that sum to one, a ratio per ${ratioPer}`, () => {
      const copies = mixedCopies(batch, { kind: 'mixup', alpha: 1, ratioPer }, 3, (copy) => rng(`copy/${copy}`));
      assert.equal(copies.size, 3 * SIZE);
      const [low, high] = [Math.min(...batch.images), Math.max(...batch.images)];
      assert.ok(copies.images.every((x) => x >= low - 1e-6 && x <= high + 1e-6));
      for (const row of rows(copies.targets, CLASSES))
        assert.ok(Math.abs(row.reduce((a, b) => a + b, 0) - 1) < 1e-6 && row.every((t) => t >= 0));
      // every set has draws of its own
      assert.notDeepEqual(copies.images.subarray(0, SIZE * 6), copies.images.subarray(SIZE * 6, 2 * SIZE * 6));
    });

  it('blends every sample with its own ratio, image and label alike', () => {
    const { images, targets, partners, mixRatio } = mixup(batch, 1, rng('own'), 'sample');
    const [own, labels] = [rows(batch.images, 6), rows(batch.targets, CLASSES)];
    const stream = rng('own');
    const ratios = Array.from({ length: SIZE }, () => symmetricBeta(stream, 1));
    rows(images, 6).forEach((row, b) => {
      const [ratio, other] = [ratios[b] as number, partners[b] as number];
      row.forEach((x, i) => {
        const expected = ratio * (own[b]?.[i] ?? 0) + (1 - ratio) * (own[other]?.[i] ?? 0);
        assert.ok(Math.abs(x - expected) < 1e-6);
      });
      rows(targets, CLASSES)[b]?.forEach((t, k) => {
        const expected = ratio * (labels[b]?.[k] ?? 0) + (1 - ratio) * (labels[other]?.[k] ?? 0);
        assert.ok(Math.abs(t - expected) < 1e-6);
      });
    });
    assert.ok(Math.abs(mixRatio - ratios.reduce((a, b) => a + b, 0) / SIZE) < 1e-12);
  });

  it('gives the batch back at ratio one', () => {
    // with a tiny alpha the ratio is zero or one; at one nothing is mixed
    const isOne = (stream: Rng) => symmetricBeta(stream, 1e-9) === 1;
    const name = Array.from({ length: 50 }, (_, i) => `tiny/${i}`).find((at) => isOne(rng(at)));
    assert.ok(name !== undefined);
    const { images, targets } = mixup(batch, 1e-9, rng(name));
    assert.deepEqual(images, batch.images);
    assert.deepEqual(targets, batch.targets);
  });
});

describe('labelShift', () => {
  it('is zero for hard labels, and sqrt 2 times the smaller share for mixed ones', () => {
    assert.equal(labelShift(batch), 0);
    const mixed = { ...batch, size: 1, targets: Float32Array.of(0.75, 0.25, 0, 0) };
    assert.ok(Math.abs(labelShift(mixed) - Math.SQRT2 / 4) < 1e-6);
  });

  // E min(l, 1 - l) of section 4, to its third decimal
  for (const [alpha, smaller] of [
    [0.1, 0.058],
    [0.2, 0.101],
    [0.5, 0.182],
    [1, 0.25],
    [2, 0.3125],
  ] as const)
    it(`has the mean that theory gives at alpha ${alpha}`, () => {
      const stream = rng(`shift/${alpha}`);
      const draws = Array.from({ length: 20_000 }, () => {
        const ratio = symmetricBeta(stream, alpha);
        const targets = Float32Array.of(ratio, 1 - ratio);
        return labelShift({ ...batch, size: 1, targets }) / Math.SQRT2;
      });
      const mean = draws.reduce((a, b) => a + b, 0) / draws.length;
      const deviation = Math.sqrt(draws.reduce((a, x) => a + (x - mean) ** 2, 0) / draws.length);
      const error = (4 * deviation) / Math.sqrt(draws.length) + 5e-4;
      assert.ok(Math.abs(mean - smaller) < error, `${mean} is not ${smaller}`);
    });
});

describe('matchedSmoothing', () => {
  it('has the entropy of mixup, which is half a nat for two classes that always differ', () => {
    assert.ok(Math.abs(mixupEntropy(1, 1e12) - 0.5) < 1e-9);
    for (const alpha of [0.2, 1, 4]) {
      const smoothing = matchedSmoothing(alpha, 10);
      assert.ok(Math.abs(smoothedEntropy(smoothing, 10) - mixupEntropy(alpha, 10)) < 1e-9);
    }
  });

  it('agrees with draws', () => {
    for (const alpha of [0.3, 2]) {
      const stream = rng(`entropy/${alpha}`);
      const entropy = (p: number) => (p <= 0 || p >= 1 ? 0 : -p * Math.log(p) - (1 - p) * Math.log(1 - p));
      const mean =
        Array.from({ length: 20_000 }, () => entropy(symmetricBeta(stream, alpha))).reduce((a, b) => a + b, 0) / 20_000;
      assert.ok(Math.abs(mixupEntropy(alpha, 10) - 0.9 * mean) < 0.008, `${mixupEntropy(alpha, 10)} ${0.9 * mean}`);
    }
  });
});
