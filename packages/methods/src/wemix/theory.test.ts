/** @file The floors of section 4 on a quadratic whose minimum the augmented copies shift by 0.3 in every coordinate. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { WeMixConfig } from '@crucible/contracts';
import { createRng } from '../random/create-rng.ts';
import { originalWeight } from './original-weight.ts';

const DIMENSIONS = 20;
const MU = 0.2;
const EIGENVALUES = Array.from({ length: DIMENSIONS }, (_, i) => MU + ((1 - MU) * i) / (DIMENSIONS - 1));
const SHIFT = 0.3;
const COPIES = 8;
const SEEDS = 10;
const [STEPS, RATE] = [1000, 0.02];

const lossAt = (w: readonly number[]): number =>
  w.reduce((sum, x, i) => sum + (EIGENVALUES[i] as number) * x * x, 0) / 2;
/** Squared norm of the bias, which is the same everywhere, and the loss at the shifted minimum. */
const BIAS2 = EIGENVALUES.reduce((sum, l) => sum + (l * SHIFT) ** 2, 0);
const FLOOR = lossAt(new Array(DIMENSIONS).fill(SHIFT));

/** Loss at the end, mean over the seeds, with the weights that the method gives. */
function descend(mode: WeMixConfig['mode'], weight = 0.5): number {
  const plan = { switchStep: STEPS / 2, totalSteps: STEPS, stepsPerEpoch: 1 };
  const weightAt = originalWeight({ mode, originalWeight: weight }, plan);
  let total = 0;
  for (let seed = 0; seed < SEEDS; seed++) {
    const noise = createRng(seed, 'noise');
    const w = new Array<number>(DIMENSIONS).fill(2);
    for (let step = 0; step < STEPS; step++)
      for (let i = 0; i < DIMENSIONS; i++) {
        const share = weightAt(step);
        const l = EIGENVALUES[i] as number;
        const own = l * (w[i] as number) + noise.normal() / Math.sqrt(DIMENSIONS);
        const copy = l * ((w[i] as number) - SHIFT) + noise.normal() / Math.sqrt(DIMENSIONS * COPIES);
        w[i] = (w[i] as number) - RATE * (share * own + (1 - share) * copy);
      }
    total += lossAt(w);
  }
  return total / SEEDS;
}

describe('the theory of augmentation bias', () => {
  const bound = (weight: number): number => {
    const start = lossAt(new Array(DIMENSIONS).fill(2));
    const variance = weight ** 2 + (1 - weight) ** 2 / COPIES;
    return (1 - RATE * MU) ** STEPS * start + ((1 - weight) ** 2 * BIAS2) / (2 * MU) + (RATE * variance) / (2 * MU);
  };

  it('keeps augmented training on its floor, and MixLoss on the square of its share of it', () => {
    const [aug, mixloss] = [descend('aug'), descend('mixloss')];
    assert.ok(Math.abs(aug - FLOOR) < 0.15 * FLOOR, `${aug} ${FLOOR}`);
    assert.ok(mixloss > 0.25 * FLOOR && mixloss < 0.4 * FLOOR, `${mixloss}`);
    assert.ok(aug <= bound(0) && mixloss <= bound(0.5), `${bound(0)} ${bound(0.5)}`);
  });

  it('lets both methods of two stages leave the floor', () => {
    const none = descend('none');
    for (const mode of ['augdrop', 'wemix'] as const) {
      const reached = descend(mode);
      assert.ok(reached < 0.1 * FLOOR, `${mode}: ${reached}`);
      assert.ok(reached < 2.5 * none, `${mode}: ${reached} ${none}`);
    }
    assert.ok(descend('augdrop-reverse') > 0.8 * FLOOR);
  });
});
