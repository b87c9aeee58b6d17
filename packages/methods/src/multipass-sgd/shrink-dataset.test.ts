import assert from 'node:assert/strict';
import { it } from 'node:test';
import { syntheticDataset } from '../testing/synthetic-dataset.ts';
import { shrinkDataset } from './shrink-dataset.ts';

const dataset = syntheticDataset({ resolution: 4, channels: 2, classes: 2, trainCount: 3, testCount: 2 });

it('replaces every square by its mean, channel by channel', () => {
  const small = shrinkDataset(dataset, 2);
  assert.deepEqual([small.height, small.width, small.train.count, small.test.count], [2, 2, 3, 2]);
  const pixel = (sample: number, row: number, column: number, channel: number): number =>
    dataset.train.images[((sample * 4 + row) * 4 + column) * 2 + channel] as number;
  for (let sample = 0; sample < 3; sample++)
    for (const [row, column, channel] of [
      [0, 0, 0],
      [0, 1, 1],
      [1, 1, 0],
    ] as const) {
      const square = [0, 1].flatMap((i) => [0, 1].map((j) => pixel(sample, 2 * row + i, 2 * column + j, channel)));
      const mean = square.reduce((sum, value) => sum + value, 0) / 4;
      assert.equal(small.train.images[((sample * 2 + row) * 2 + column) * 2 + channel], Math.round(mean));
    }
  assert.equal(small.train.labels, dataset.train.labels);
});

it('leaves the images as they are for squares of one pixel, and refuses squares that do not fit', () => {
  assert.equal(shrinkDataset(dataset, 1), dataset);
  assert.throws(() => shrinkDataset(dataset, 3), /squares of 3 pixels do not divide images of 4 x 4/);
});
