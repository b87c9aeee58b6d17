import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createRng } from '../random/create-rng.ts';
import { fitType, predictedChange, ridgeFit, type Sample } from './ridge.ts';
import type { Choice, Position } from './space.ts';

const type = { family: 'genet-xx', kernel: 3, ratio: 1 } as const;
const POSITION: Position = {
  at: 1,
  master: { type, layers: 2, out: 32 },
  types: [type],
  depths: [1, 2, 3],
  widths: [16, 24, 32, 48],
};
const choice = (layers: number, out: number): Choice => ({ type, layers, out });
/** Without noise: -0.01, 0.04 per relative depth, 0.02 per relative width. */
const exact = (layers: number, out: number): Sample => ({
  choice: choice(layers, out),
  change: -0.01 + (0.04 * (layers - 2)) / 2 + (0.02 * (out - 32)) / 32,
});
const SAMPLES = [exact(1, 16), exact(2, 24), exact(3, 48), exact(3, 16), exact(1, 48)];
const norm = (values: readonly number[]) => Math.hypot(...values);

describe('ridge regression', () => {
  it('recovers the coefficients of data without noise', () => {
    const model = fitType(0, POSITION, SAMPLES, 0);
    model.coefficients.forEach((value, i) => {
      assert.ok(Math.abs(value - ([-0.01, 0.04, 0.02][i] as number)) < 1e-8, `${model.coefficients}`);
    });
    assert.ok(Math.abs((model.r2 ?? 0) - 1) < 1e-8 && (model.leaveOneOut ?? 1) < 1e-8);
    assert.equal(model.type, 'xx k3 x1');
  });

  it('shrinks the slopes as the penalty grows, and never the intercept of a constant', () => {
    let last = Number.POSITIVE_INFINITY;
    for (const ridge of [0, 1e-3, 1e-2, 0.1, 1, 10, 1e3]) {
      const size = norm(fitType(0, POSITION, SAMPLES, ridge).coefficients.slice(1));
      assert.ok(size < last || (size === 0 && last === 0));
      last = size;
    }
    const constant = SAMPLES.map(({ choice: of }) => ({ choice: of, change: 0.3 }));
    assert.ok(Math.abs(fitType(0, POSITION, constant, 100).coefficients[0] - 0.3) < 1e-9);
  });

  it('does not depend on the order of the samples', () => {
    const rng = createRng(1, 'order');
    const noisy = SAMPLES.map((sample) => ({ ...sample, change: sample.change + 0.01 * rng.normal() }));
    const order = [...rng.permutation(noisy.length)].map((i) => noisy[i] as Sample);
    const [a, b] = [noisy, order].map((samples) => fitType(0, POSITION, samples, 1e-3).coefficients);
    a?.forEach((value, i) => {
      assert.ok(Math.abs(value - (b?.[i] as number)) < 1e-12);
    });
  });

  it('predicts no change for the master where the data pins the intercept', () => {
    const pinned = SAMPLES.map(({ choice: of, change }) => ({ choice: of, change: change + 0.01 }));
    const model = fitType(0, POSITION, [...pinned, { choice: POSITION.master, change: 0 }], 0);
    assert.ok(Math.abs(predictedChange(model, POSITION.master, POSITION.master)) < 1e-10);
  });

  it('predicts outside of what was sampled as at its edge', () => {
    const model = fitType(0, POSITION, [exact(1, 24), exact(2, 32), exact(2, 24)], 0);
    const at = (layers: number, out: number) => predictedChange(model, choice(layers, out), POSITION.master);
    assert.equal(at(3, 48), at(2, 32));
    assert.equal(at(1, 16), at(1, 24));
  });

  it('takes the solution of least norm where the samples do not tell columns apart', () => {
    assert.deepEqual(
      ridgeFit(
        [
          [1, 0, 0.5],
          [1, 0, -0.5],
        ],
        [1.5, 0.5],
        0,
      ).map((value) => Number(value.toFixed(9))),
      [1, 0, 1],
    );
  });
});
