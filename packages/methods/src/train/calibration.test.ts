import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createRng } from '../random/create-rng.ts';
import { calibrationOf, fitTemperature } from './calibration.ts';

const near = (a: number | null | undefined, b: number, tolerance = 1e-6) =>
  assert.ok(Math.abs((a ?? Number.NaN) - b) <= tolerance, `${a} ${b}`);

describe('calibrationOf', () => {
  // probabilities 0.8 / 0.2 and 0.6 / 0.4
  const logits = Float32Array.of(Math.log(4), 0, Math.log(4), 0, 0, Math.log(1.5), 0, Math.log(1.5));
  const labels = Int32Array.of(0, 1, 1, 1);

  it('gives what a pencil gives', () => {
    const { loss, accuracy, ece, confidence, logitGap, bins } = calibrationOf(logits, labels, 2);
    near(loss, -(Math.log(0.8) + Math.log(0.2) + 2 * Math.log(0.6)) / 4);
    near(accuracy, 0.75);
    near(confidence, 0.7);
    near(logitGap, (Math.log(4) + Math.log(1.5)) / 2);
    // |1/2 - 0.8| of two samples, |1 - 0.6| of the other two
    near(ece, 0.35);
    const filled = bins.filter(({ count }) => count > 0);
    assert.deepEqual(
      filled.map(({ count, accuracy: right }) => [count, right]),
      [
        [2, 1],
        [2, 0.5],
      ],
    );
    near(filled[0]?.confidence, 0.6);
    assert.equal(bins.length, 15);
  });

  it('divides the logits by the temperature', () => {
    const halved = calibrationOf(
      logits.map((z) => z / 2),
      labels,
      2,
    );
    assert.deepEqual(
      { ...calibrationOf(logits, labels, 2, 2), bins: [] },
      { ...halved, loss: calibrationOf(logits, labels, 2, 2).loss, bins: [] },
    );
    near(calibrationOf(logits, labels, 2, 2).loss, halved.loss);
  });

  it('puts a certain and right answer into the last bin, without an error', () => {
    const { ece, bins } = calibrationOf(Float32Array.of(200, 0), Int32Array.of(0), 2);
    assert.deepEqual([ece, bins.at(-1)?.count], [0, 1]);
  });
});

describe('fitTemperature', () => {
  it('finds the temperature by which the labels were drawn, where the loss has no slope', () => {
    const rng = createRng(3, 'labels');
    const [n, K, truth] = [20_000, 4, 2.5];
    const logits = new Float32Array(n * K);
    rng.fillNormal(logits);
    for (let i = 0; i < logits.length; i++) logits[i] = 3 * (logits[i] as number);
    const labels = Int32Array.from({ length: n }, (_, i) => {
      const row = [...logits.subarray(i * K, (i + 1) * K)].map((z) => Math.exp(z / truth));
      let left = rng.uniform() * row.reduce((a, b) => a + b, 0);
      return row.findIndex((p, k) => {
        left -= p;
        return left < 0 || k === K - 1;
      });
    });
    const fitted = fitTemperature(logits, labels, K);
    near(fitted, truth, 0.1);
    const lossAt = (temperature: number) => calibrationOf(logits, labels, K, temperature).loss;
    assert.ok(lossAt(fitted) <= lossAt(fitted * 1.02) && lossAt(fitted) <= lossAt(fitted / 1.02));
    assert.ok(calibrationOf(logits, labels, K, fitted).ece < 0.02);
  });

  it('stays in its range where every answer is right', () =>
    near(fitTemperature(Float32Array.of(1, 0), Int32Array.of(0), 2), 0.05, 1e-6));
});
