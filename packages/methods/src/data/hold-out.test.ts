import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DataError } from '../method.ts';
import { createRng } from '../random/create-rng.ts';
import { syntheticDataset } from '../testing/synthetic-dataset.ts';
import type { Split } from './dataset.ts';
import { holdOut } from './hold-out.ts';

const DATASET = syntheticDataset({ resolution: 6, channels: 2, classes: 3, trainCount: 30, testCount: 4 });

/** Every sample with its label as text, in order of places. */
const samples = ({ images, labels, count }: Split): string[] =>
  Array.from(labels, (label, i) => {
    const bytes = images.length / count;
    return `${label}:${images.subarray(i * bytes, (i + 1) * bytes).join()}`;
  });

describe('holdOut', () => {
  it('parts the train split in two without losing or doubling a sample, drawn by the stream', () => {
    const { dataset, heldOut } = holdOut(DATASET, 8, createRng(1, 'a'));
    assert.deepEqual([dataset.train.count, heldOut.count], [22, 8]);
    assert.deepEqual([...samples(dataset.train), ...samples(heldOut)].sort(), samples(DATASET.train).sort());
    assert.deepEqual(samples(holdOut(DATASET, 8, createRng(1, 'a')).heldOut), samples(heldOut));
    assert.notDeepEqual(samples(holdOut(DATASET, 8, createRng(2, 'a')).heldOut), samples(heldOut));
  });

  it('leaves the dataset as it was, and its test split alone', () => {
    const { dataset } = holdOut(DATASET, 8, createRng(1, 'a'));
    assert.equal(DATASET.train.count, 30);
    assert.equal(dataset.test, DATASET.test);
    assert.deepEqual(dataset.mean, DATASET.mean);
  });

  it('refuses to leave nothing to train on', () => {
    assert.throws(
      () => holdOut(DATASET, 30, createRng(1, 'a')),
      (error) => error instanceof DataError && /30 samples are to be held out/.test(error.message),
    );
  });
});
