import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createRng } from '../random/create-rng.ts';
import { symmetricBeta } from './beta.ts';
import { cutmix, mixup, type TargetBatch } from './mix-batch.ts';

const rng = (name: string) => createRng(31, name);
const batchOf = (size: number, height: number, width: number, channels: number, classes: number): TargetBatch => {
  const images = new Float32Array(size * height * width * channels);
  rng('images').fillNormal(images);
  const targets = new Float32Array(size * classes);
  for (let b = 0; b < size; b++) targets[b * classes + (b % classes)] = 1;
  return { images, targets, size, height, width };
};

describe('symmetricBeta', () => {
  for (const alpha of [0.1, 0.4, 1, 5])
    it(`has mean 1/2 and variance 1 / (4 (2 alpha + 1)) at alpha ${alpha}`, () => {
      const stream = rng(`beta/${alpha}`);
      const draws = Array.from({ length: 20_000 }, () => symmetricBeta(stream, alpha));
      const mean = draws.reduce((a, b) => a + b, 0) / draws.length;
      const variance = draws.reduce((a, b) => a + (b - mean) ** 2, 0) / draws.length;
      assert.ok(draws.every((draw) => draw >= 0 && draw <= 1));
      assert.ok(Math.abs(mean - 0.5) < 0.015, `${mean}`);
      assert.ok(Math.abs(variance * 4 * (2 * alpha + 1) - 1) < 0.04, `${variance}`);
    });
});

describe('mixup', () => {
  it('blends images and targets with one ratio', () => {
    const batch = batchOf(6, 4, 3, 2, 4);
    const { images, targets, mixRatio, partners } = mixup(batch, 1, rng('mixup'));
    assert.deepEqual([...partners].sort(), [0, 1, 2, 3, 4, 5]);
    images.forEach((value, i) => {
      const [b, p] = [Math.floor(i / 24), i % 24];
      const other = batch.images[(partners[b] as number) * 24 + p] as number;
      assert.ok(Math.abs(value - (mixRatio * (batch.images[i] as number) + (1 - mixRatio) * other)) < 1e-6);
    });
    for (let b = 0; b < 6; b++) {
      const row = targets.subarray(4 * b, 4 * b + 4);
      assert.ok(Math.abs(row.reduce((sum, t) => sum + t, 0) - 1) < 1e-6);
      const same = b % 4 === (partners[b] as number) % 4;
      assert.ok(Math.abs((row[b % 4] as number) - (same ? 1 : mixRatio)) < 1e-6);
    }
  });
});

describe('cutmix', () => {
  it('replaces one box, the same in all images, and blends targets by its area', () => {
    const batch = batchOf(5, 9, 8, 2, 3);
    const before = batch.images.slice();
    let replaced = 0;
    for (let i = 0; i < 50; i++) {
      const { images, targets, mixRatio, partners } = cutmix(batch, 1, rng(`cutmix/${i}`));
      const moved = new Set<number>(); // pixels that came from the partner
      for (let b = 0; b < 5; b++) {
        if (partners[b] === b) continue;
        for (let p = 0; p < 72; p++) {
          const value = images[(b * 72 + p) * 2] as number;
          if (value === batch.images[(b * 72 + p) * 2]) continue;
          assert.equal(value, batch.images[((partners[b] as number) * 72 + p) * 2]);
          moved.add(p);
        }
        assert.equal(moved.size, Math.round(72 * (1 - mixRatio)));
        const own = targets[3 * b + (b % 3)] as number;
        const same = b % 3 === (partners[b] as number) % 3;
        assert.ok(Math.abs(own - (same ? 1 : mixRatio)) < 1e-6);
      }
      const columns = [...moved].map((p) => p % 8);
      const rows = [...moved].map((p) => Math.floor(p / 8));
      if (moved.size > 0)
        assert.equal(
          moved.size,
          (Math.max(...columns) - Math.min(...columns) + 1) * (Math.max(...rows) - Math.min(...rows) + 1),
        );
      replaced += moved.size;
    }
    assert.deepEqual(batch.images, before);
    assert.ok(replaced > 0);
  });
});
