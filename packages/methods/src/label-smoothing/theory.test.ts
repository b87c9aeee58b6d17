/** @file The inequalities of section 5 on a quadratic whose constants are known: smoothness 1, PL constant 0.2. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createRng } from '../random/create-rng.ts';
import { smoothingSchedule } from './smoothing-schedule.ts';

const DIMENSIONS = 20;
const MU = 0.2;
const EIGENVALUES = Array.from({ length: DIMENSIONS }, (_, i) => MU + ((1 - MU) * i) / (DIMENSIONS - 1));
/** F(w0) = sum of eigenvalues * 4 / 2 = 24. */
const START = 2;
const SEEDS = 5;
const SIGMA2 = 1;

interface Track {
  /** F after the first stage, and at the end */
  afterFirst: number;
  atEnd: number;
  /** mean of |grad F|^2 over the second stage */
  meanSquare: number;
  /** mean squared distance of the used gradient from grad F in the first stage */
  variance: number;
}

const half = (w: readonly number[]): number => w.reduce((sum, x, i) => sum + (EIGENVALUES[i] as number) * x * x, 0) / 2;

/**
 * Stochastic gradient descent: the hard gradient has Gaussian noise of variance 1, the soft one is off by a fixed vector
 * of squared norm `delta`.
 */
function descend(
  smoothingAt: (step: number) => number,
  rateAt: (step: number) => number,
  first: number,
  total: number,
  delta: number,
): Track {
  const tracks = Array.from({ length: SEEDS }, (_, seed): Track => {
    const noise = createRng(seed, 'noise');
    const offset = Array.from({ length: DIMENSIONS }, () => noise.normal());
    const scale = Math.sqrt(delta) / Math.hypot(...offset);
    const w = new Array<number>(DIMENSIONS).fill(START);
    let [afterFirst, squares, distances] = [half(w), 0, 0];
    for (let step = 0; step < total; step++) {
      if (step === first) afterFirst = half(w);
      const [s, rate] = [smoothingAt(step), rateAt(step)];
      for (let i = 0; i < DIMENSIONS; i++) {
        const gradient = (EIGENVALUES[i] as number) * (w[i] as number);
        const off = (1 - s) * noise.normal() * Math.sqrt(SIGMA2 / DIMENSIONS) + s * scale * (offset[i] as number);
        if (step < first) distances += off * off;
        else squares += gradient * gradient;
        w[i] = (w[i] as number) - rate * (gradient + off);
      }
    }
    return {
      afterFirst,
      atEnd: half(w),
      meanSquare: squares / (total - first),
      variance: distances / Math.max(1, first),
    };
  });
  const mean = (of: (track: Track) => number) => tracks.reduce((sum, track) => sum + of(track), 0) / SEEDS;
  return {
    afterFirst: mean((t) => t.afterFirst),
    atEnd: mean((t) => t.atEnd),
    meanSquare: mean((t) => t.meanSquare),
    variance: mean((t) => t.variance),
  };
}

describe('the theory of two-stage smoothing', () => {
  for (const [delta, epsilon2] of [
    [0.01, 0.04],
    [0.05, 0.04],
    [0.2, 0.08],
  ] as const)
    it(`holds on a quadratic at delta = ${delta}`, () => {
      const start = half(new Array(DIMENSIONS).fill(START));
      const smoothing = 1 / (1 + delta);
      const floor = (2 * delta * SIGMA2) / (1 + delta);
      // theorem T3: the lengths of both stages and their step sizes
      const first = Math.ceil(Math.log((2 * MU * start) / floor) / MU);
      const second = Math.round((16 * delta * SIGMA2 ** 2) / (MU * epsilon2 ** 2));
      const slow = epsilon2 / (2 * SIGMA2);
      const plan = { switchStep: first, totalSteps: first + second, stepsPerEpoch: 1 };
      const run = (mode: 'none' | 'lsr' | 'tsla', rateAt: (step: number) => number) =>
        descend(smoothingSchedule({ mode, smoothing }, plan), rateAt, first, plan.totalSteps, delta);
      const tsla = run('tsla', (step) => (step < first ? 1 : slow));
      assert.ok(tsla.variance <= floor, `lemma L1: ${tsla.variance} above ${floor}`);
      assert.ok(tsla.afterFirst <= floor / MU, `first stage: ${tsla.afterFirst} above ${floor / MU}`);
      assert.ok(tsla.meanSquare <= epsilon2, `second stage: ${tsla.meanSquare} above ${epsilon2}`);
      // constant smoothing keeps the bias of the soft label, whatever the step size
      const lsr = run('lsr', () => 1);
      assert.ok(tsla.atEnd < lsr.atEnd, `${tsla.atEnd} ${lsr.atEnd}`);
    });
});
