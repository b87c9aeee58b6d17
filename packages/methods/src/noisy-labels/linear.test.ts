import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { LinearModel } from '@crucible/contracts';
import { createRng } from '../random/create-rng.ts';
import { leastSquares } from './least-squares.ts';
import { simulateLinear } from './linear-simulation.ts';
import { convergedError, errorOfAngle, onePassError, theoryThreshold } from './linear-theory.ts';

const SETTING: LinearModel = {
  dimension: 50,
  samples: 65,
  stepSize: 0.012,
  radius: 1,
  passes: [4],
  repetitions: 400,
  rates: [0, 0.1, 0.2, 0.4],
};

describe('closed forms of the linear model', () => {
  it('give the known values at 65 and 75 samples', () => {
    for (const [samples, rates] of [
      [65, { 0: [0.327, 0.304], 0.1: [0.361, 0.367], 0.2: [0.395, 0.41], 0.4: [0.465, 0.473] }],
      [75, { 0: [0.307, 0.262], 0.1: [0.344, 0.333], 0.2: [0.383, 0.384], 0.4: [0.461, 0.464] }],
    ] as const)
      for (const [rate, [onePass, converged]] of Object.entries(rates)) {
        const setting = { ...SETTING, samples };
        assert.ok(Math.abs(onePassError(setting, Number(rate)) - onePass) < 6e-4, `${samples} ${rate}`);
        assert.ok(Math.abs(convergedError(setting, Number(rate)) - converged) < 6e-4, `${samples} ${rate}`);
      }
    assert.ok(Math.abs((theoryThreshold(SETTING) as number) - 0.067) < 1e-3);
    assert.ok(Math.abs((theoryThreshold({ ...SETTING, samples: 75 }) as number) - 0.182) < 1e-3);
  });

  it('have no threshold where converging is better at every rate', () =>
    assert.equal(theoryThreshold({ ...SETTING, samples: 150 }), null));

  it('turn around when labels are flipped more often than not', () => {
    for (const of of [onePassError, convergedError])
      for (const rate of [0.1, 0.4])
        assert.ok(Math.abs(of({ ...SETTING, radius: 0 }, rate) + of({ ...SETTING, radius: 0 }, 1 - rate) - 1) < 1e-12);
    assert.equal(errorOfAngle(0, -1), 1);
  });

  it('fall to zero without noise as samples grow', () => {
    const errors = [200, 2000, 20_000].map((samples) => convergedError({ ...SETTING, samples }, 0));
    assert.ok((errors[2] as number) < 0.02 && errors.every((error, i) => i === 0 || error < (errors[i - 1] as number)));
  });
});

describe('simulation of the linear model', () => {
  it('agrees with the closed forms within four standard errors and their bias', () => {
    const setting: LinearModel = {
      ...SETTING,
      dimension: 12,
      samples: 36,
      stepSize: 0.05,
      passes: [],
      rates: [0, 0.25],
    };
    const n = 600;
    const errors = Array.from({ length: n }, (_, i) => simulateLinear(setting, createRng(1, `linear/${i}`)));
    setting.rates.forEach((rate, at) => {
      for (const [key, theory] of [
        ['onePass', onePassError(setting, rate)],
        ['converged', convergedError(setting, rate)],
      ] as const) {
        const values = errors.map((repetition) => repetition[at]?.[key] as number);
        const mean = values.reduce((sum, value) => sum + value, 0) / n;
        const spread = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1));
        assert.ok(
          Math.abs(mean - theory) < (4 * spread) / Math.sqrt(n) + 0.005,
          `${key} at ${rate}: ${mean} ${theory}`,
        );
      }
    });
  });

  it('gives one pass for one pass, and least squares in the limit of many', () => {
    const setting: LinearModel = {
      ...SETTING,
      dimension: 4,
      samples: 12,
      stepSize: 0.05,
      passes: [2, 4000],
      rates: [0.2],
    };
    const [errors] = simulateLinear(setting, createRng(2, 'many'));
    assert.ok(errors && Math.abs((errors.passes[1] as number) - errors.converged) < 0.01, JSON.stringify(errors));
    assert.notEqual(errors.passes[0], errors.onePass);
  });
});

describe('leastSquares', () => {
  it('solves, and refuses what does not tell all weights apart', () => {
    const inputs = Float64Array.of(2, 1, 0, 0, 1, 3, 1, -1, 0.5, 4, 0, 1);
    const targets = Float64Array.of(1, -2, 0.5, 3);
    const weights = leastSquares(inputs, 4, 3)(targets);
    // the residuals are orthogonal to every column
    const residuals = targets.map(
      (y, i) => y - [0, 1, 2].reduce((s, k) => s + (inputs[3 * i + k] ?? 0) * (weights[k] ?? 0), 0),
    );
    for (const k of [0, 1, 2])
      assert.ok(Math.abs(residuals.reduce((s, r, i) => s + r * (inputs[3 * i + k] ?? 0), 0)) < 1e-12);
    assert.throws(() => leastSquares(Float64Array.of(1, 2, 2, 4), 2, 2), /2 inputs of dimension 2 do not tell/);
  });
});
