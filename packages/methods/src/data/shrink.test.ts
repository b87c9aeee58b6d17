import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { syntheticDataset } from '../testing/synthetic-dataset.ts';
import { shrink } from './shrink.ts';

const DATASET = syntheticDataset({ resolution: 6, channels: 2, classes: 3, trainCount: 5, testCount: 4 });

describe('shrink', () => {
  it('averages squares of pixels, channel by channel', () => {
    const small = shrink(DATASET, 3);
    assert.deepEqual([small.height, small.width, small.channels], [2, 2, 2]);
    assert.deepEqual([small.train.count, small.test.count], [5, 4]);
    assert.equal(small.train.labels, DATASET.train.labels);
    for (const split of ['train', 'test'] as const) {
      const { images, count } = DATASET[split];
      for (let n = 0; n < count; n++)
        for (let y = 0; y < 2; y++)
          for (let x = 0; x < 2; x++)
            for (let c = 0; c < 2; c++) {
              let sum = 0;
              for (let dy = 0; dy < 3; dy++)
                for (let dx = 0; dx < 3; dx++) sum += images[((n * 6 + 3 * y + dy) * 6 + 3 * x + dx) * 2 + c] as number;
              assert.equal(small[split].images[((n * 2 + y) * 2 + x) * 2 + c], Math.round(sum / 9));
            }
    }
  });

  it('has mean and deviation of the new pixels, and another hash', () => {
    const small = shrink(DATASET, 2);
    const ofChannel = [...small.train.images].filter((_, i) => i % 2 === 1).map((byte) => byte / 255);
    const mean = ofChannel.reduce((sum, value) => sum + value, 0) / ofChannel.length;
    const variance = ofChannel.reduce((sum, value) => sum + (value - mean) ** 2, 0) / ofChannel.length;
    assert.ok(Math.abs((small.mean[1] as number) - mean) < 1e-9);
    assert.ok(Math.abs((small.std[1] as number) - Math.sqrt(variance)) < 1e-9);
    assert.notEqual(small.sha256, DATASET.sha256);
    assert.notEqual(small.sha256, shrink(DATASET, 3).sha256);
  });

  it('leaves a dataset as it is at side 1, and refuses a side that does not divide it', () => {
    assert.equal(shrink(DATASET, 1), DATASET);
    assert.throws(() => shrink(DATASET, 4), /shrink is 4, which does not divide the 6 x 6 images/);
  });
});
