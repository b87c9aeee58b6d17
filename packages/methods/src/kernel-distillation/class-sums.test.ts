import '../testing/setup.ts';
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { createRng } from '../random/create-rng.ts';
import { createClassSums } from './class-sums.ts';
import { createLandmarks } from './landmarks.ts';

const rng = createRng(1, 'sums');
const ROWS = Array.from({ length: 12 }, () => Array.from({ length: 3 }, () => rng.normal()));
const LABELS = ROWS.map(() => rng.below(3)); // class 3 of 4 has no sample

const meansAfter = (batches: readonly number[]): { means: Float32Array; mask: number[] } => {
  const tensors = tf.memory().numTensors;
  const [sums, landmarks] = [
    createClassSums(0, 4, { student: 3, teacher: 3 }),
    createLandmarks(0, 4, { student: 3, teacher: 3 }),
  ];
  let from = 0;
  for (const size of batches)
    tf.tidy(() => {
      const rows = tf.tensor2d(ROWS.slice(from, from + size));
      const labels = LABELS.slice(from, from + size).map((label) => [0, 1, 2, 3].map((k) => (k === label ? 1 : 0)));
      sums.add(rows, tf.mul<tf.Tensor2D>(rows, 2), tf.tensor2d(labels));
      from += size;
    });
  sums.commit(landmarks);
  const result = { means: landmarks.student.dataSync().slice() as Float32Array, mask: [...landmarks.mask.dataSync()] };
  landmarks.teacher.dataSync().forEach((value, i) => {
    assert.ok(Math.abs(value - 2 * (result.means[i] as number)) < 1e-5);
  });
  sums.dispose();
  landmarks.dispose();
  assert.equal(tf.memory().numTensors, tensors);
  return result;
};

describe('class sums', () => {
  it('give the class means, however the samples were put into batches', () => {
    const { means, mask } = meansAfter([12]);
    for (let k = 0; k < 3; k++) {
      const own = ROWS.filter((_, i) => LABELS[i] === k);
      for (let j = 0; j < 3; j++) {
        const mean = own.reduce((sum, row) => sum + (row[j] as number), 0) / own.length;
        assert.ok(Math.abs((means[3 * k + j] as number) - mean) < 1e-5);
      }
    }
    for (const batches of [[1, 2, 3, 6], Array.from({ length: 12 }, () => 1)])
      meansAfter(batches).means.forEach((value, i) => {
        assert.ok(Math.abs(value - (means[i] as number)) < 1e-5);
      });
    assert.deepEqual(mask, [1, 1, 1, 0]);
  });
});
