import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { METHODS, type MultipassSgdConfig, resolveConfig } from '@crucible/contracts';
import { createRng } from '../random/create-rng.ts';
import { createFakeContext } from '../testing/fake-context.ts';
import { syntheticDataset } from '../testing/synthetic-dataset.ts';
import type { Grid } from './grid.ts';
import { emptyState, type GridState } from './grid-state.ts';
import { runGrid } from './run-grid.ts';
import { createGrid } from './run-synthetic.ts';

const DATASET = syntheticDataset({ resolution: 2, channels: 1, classes: 2, trainCount: 2, testCount: 2 });
const contextOf = () => createFakeContext({ descriptor: METHODS['multipass-sgd'], dataset: DATASET });

const gridOf = (changes: object): Grid => {
  const config = resolveConfig('multipass-sgd', {
    problem: { kind: 'linear', dimension: 5, conditionNumber: 4, noise: 0.3, design: 'rademacher' },
    schedule: 'constant',
    seeds: 400,
    comparators: [],
    passes: [1],
    stepSizes: [0.0625, 0.125, 0.25],
    ...changes,
  }) as MultipassSgdConfig;
  assert.ok(config.problem.kind !== 'net');
  return createGrid(config, config.problem, (name) => createRng(2, name));
};

const checked = async (grid: Grid): Promise<GridState> => {
  const state = emptyState();
  await runGrid(grid, contextOf(), state);
  return state;
};

describe('the bounds', () => {
  it('hold for one pass in the mean over 400 seeds, at every step and step size, and are tight within a factor of 30', async () => {
    const { checks, isBroken } = await checked(gridOf({ sampleSizes: [1000] }));
    assert.equal(isBroken, false);
    assert.equal(checks.length, 3 * 11);
    for (const { limit, measured } of checks) assert.ok(measured <= limit && limit <= 30 * measured);
    const at = (step: number) => checks.find((one) => one.step === step && one.stepSize === 0.25)?.limit ?? Number.NaN;
    // (1 - mu eta)^t / 2 + L eta F* / mu with mu = .088947, L = .355788, F* = .045; the start's risk is 1/2 in the mean
    const start = (0.088947 * (at(1) - 0.045)) / ((1 - 0.088947 * 0.25) * 0.088947);
    assert.ok(Math.abs(start - 0.5) < 0.05);
    assert.ok(Math.abs(at(1000) - (0.045 + (1 - 0.088947 * 0.25) ** 1000 * start)) < 1e-5);
  });

  it('hold for many passes with replacement, on the gap of the empirical risk', async () => {
    const grid = gridOf({ sampleSizes: [60], passes: [8], order: 'replacement', stepSizes: [0.03, 0.0625] });
    const { checks, isBroken } = await checked(grid);
    assert.equal(isBroken, false);
    assert.ok(checks.length > 20);
    for (const { bound, limit, measured } of checks) {
      assert.equal(bound, 'many-pass');
      assert.ok(measured <= limit);
    }
  });

  it('are not stated where they are not proved', async () => {
    for (const changes of [
      { schedule: 'cosine' },
      { tailAverage: 0.5 },
      { problem: { kind: 'linear', dimension: 5, design: 'gaussian' } },
      { stepSizes: [0.26] }, // above mu / L
    ]) {
      const { checks } = await checked(gridOf({ sampleSizes: [50], seeds: 2, ...changes }));
      assert.equal(checks.length, 0);
    }
    // the second pass meets no fresh samples
    const { checks } = await checked(gridOf({ sampleSizes: [50], passes: [2], seeds: 2 }));
    assert.ok(checks.every(({ step }) => step <= 50));
  });

  it('hold down to what rounding leaves where there is no noise', async () => {
    const problem = { kind: 'linear', dimension: 2, conditionNumber: 1, noise: 0, design: 'rademacher' };
    const { checks, isBroken } = await checked(gridOf({ problem, sampleSizes: [2000], seeds: 5, stepSizes: [0.5] }));
    assert.equal(isBroken, false);
    assert.ok((checks.at(-1)?.limit ?? 1) < 1e-100);
  });

  it('end the run with a warning as soon as one is violated', async () => {
    const grid = gridOf({ sampleSizes: [1000], seeds: 20 });
    const lazy = { ...grid, problem: { ...grid.problem, descend: () => {} } }; // never learns anything
    const ctx = contextOf();
    const lines: string[] = [];
    const state = emptyState();
    await runGrid(lazy, { ...ctx, log: (level, message) => void lines.push(`${level} ${message}`) }, state);
    assert.equal(state.isBroken, true);
    assert.deepEqual(state.results, []);
    assert.match(lines.join(), /^warn bound-violated: the one-pass bound is .* at step \d+ with 1000 samples/);
  });
});
