import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type MultipassSgdConfig, resolveConfig, SAMPLE_ORDERS } from '@crucible/contracts';
import { createRng } from '../random/create-rng.ts';
import { type Cell, cellsOf, recordedSteps } from './cell.ts';
import { advance, type CellRun, passOrders, resultOf, startCell } from './cell-run.ts';
import type { Grid } from './grid.ts';
import { createGrid } from './run-synthetic.ts';
import { sampleOrder } from './sample-order.ts';
import { stepSize } from './step-size.ts';

const rng = (name: string) => createRng(5, name);

const gridOf = (changes: object): Grid => {
  const config = resolveConfig('multipass-sgd', {
    problem: { kind: 'glm', dimension: 4 },
    sampleSizes: [12],
    passes: [4],
    stepSizes: [0.1, 0.3],
    seeds: 3,
    comparators: [],
    ...changes,
  }) as MultipassSgdConfig;
  assert.ok(config.problem.kind !== 'net');
  return createGrid(config, config.problem, rng);
};

const runToEnd = (grid: Grid, cell: Cell): CellRun => {
  const run = startCell(grid, cell);
  const orders = passOrders(grid, cell);
  while (run.step < run.totalSteps) advance(grid, run, orders);
  return run;
};
const sgd = (sampleSize: number, passes: number): Cell => ({ variant: 'sgd', sampleSize, passes });

describe('the order of samples', () => {
  it('visits every sample once a pass, in a new order every pass unless one shuffle is asked for', () => {
    const all = Array.from({ length: 50 }, (_, i) => i);
    for (const kind of ['reshuffle', 'single-shuffle'] as const) {
      const passes = [0, 1, 2].map((pass) => sampleOrder(kind, 1, 50, pass, rng));
      for (const order of passes)
        assert.deepEqual(
          [...order].sort((a, b) => a - b),
          all,
        );
      assert.equal(String(passes[0]) === String(passes[1]), kind === 'single-shuffle');
    }
  });

  it('draws with replacement: about 1 - 1/e of the samples are met in a pass', () => {
    const order = sampleOrder('replacement', 1, 5000, 0, rng);
    assert.ok(Math.abs(new Set(order).size / 5000 - (1 - Math.exp(-1))) < 0.02);
  });
});

describe('a cell', () => {
  it('has a prefix that does not depend on its passes where the schedule does not', () => {
    for (const order of SAMPLE_ORDERS) {
      const constant = gridOf({ schedule: 'constant', order });
      const short = runToEnd(constant, sgd(12, 2));
      const long = runToEnd(constant, sgd(12, 4));
      assert.deepEqual(short.records, long.records.slice(0, short.records.length));
    }
    const cosine = gridOf({ schedule: 'cosine' });
    const short = runToEnd(cosine, sgd(12, 2));
    assert.notDeepEqual(short.records.at(-1), runToEnd(cosine, sgd(12, 4)).records[short.records.length - 1]);
  });

  it('gives each step size the bits that it has alone', () => {
    const both = runToEnd(gridOf({}), sgd(12, 4));
    [0.1, 0.3].forEach((eta, e) => {
      const alone = runToEnd(gridOf({ stepSizes: [eta] }), sgd(12, 4));
      for (let seed = 0; seed < 3; seed++)
        assert.deepEqual(
          alone.weights.subarray(4 * seed, 4 * seed + 4),
          both.weights.subarray(4 * (2 * seed + e)).subarray(0, 4),
        );
    });
  });

  it('ends with the mean of the last iterates where a tail is averaged', () => {
    const averaged = gridOf({ schedule: 'constant', tailAverage: 0.25, stepSizes: [0.1], seeds: 1 });
    const run = startCell(averaged, sgd(12, 1));
    const orders = passOrders(averaged, run.cell);
    // the same steps one at a time, with a record of every iterate
    const plain = gridOf({ schedule: 'constant', stepSizes: [0.1], seeds: 1 });
    const iterates: Float64Array[] = [];
    const weights = plain.problem.start(rng('none'));
    const order = sampleOrder('reshuffle', 0, 12, 0, rng);
    const [sample] = plain.data.samples(12);
    for (const i of order) {
      plain.problem.descend(
        weights,
        0,
        Float64Array.of(0.1),
        sample as NonNullable<typeof sample>,
        Int32Array.of(i),
        null,
      );
      iterates.push(weights.slice());
    }
    while (run.step < run.totalSteps) advance(averaged, run, orders);
    const last = iterates.slice(-3);
    resultOf(run).forEach((value, j) => {
      const mean = last.reduce((sum, iterate) => sum + (iterate[j] as number), 0) / 3;
      assert.ok(Math.abs(value - mean) < 1e-15);
    });
  });

  it('takes one step a pass along the whole gradient in full-batch descent', () => {
    const grid = gridOf({ comparators: ['gd'], schedule: 'constant', stepSizes: [0.3], seeds: 1 });
    const run = runToEnd(grid, { variant: 'gd', sampleSize: 12, passes: 2 });
    const weights = new Float64Array(4);
    for (let step = 0; step < 2; step++) {
      const { gradient } = grid.problem.empirical(weights, 0, grid.data.samples(12)[0] as never);
      gradient.forEach((slope, j) => {
        weights[j] = (weights[j] as number) - 0.3 * slope;
      });
    }
    assert.deepEqual(run.weights, weights);
  });
});

it('lists a cell for one pass always, and fresh samples where no cell has as many', () => {
  const { config } = gridOf({ sampleSizes: [10, 20], passes: [2, 4], comparators: ['fresh', 'one-pass-averaged'] });
  assert.deepEqual(
    cellsOf(config).map(({ variant, sampleSize, passes }) => `${variant} ${sampleSize} x ${passes}`),
    [
      ...['sgd 10 x 1', 'sgd 10 x 2', 'sgd 10 x 4', 'one-pass-averaged 10 x 1'],
      ...['sgd 20 x 1', 'sgd 20 x 2', 'sgd 20 x 4', 'one-pass-averaged 20 x 1'],
      ...['sgd 40 x 1', 'sgd 80 x 1'],
    ],
  );
});

it('records powers of two, ends of passes and the last step', () => {
  assert.deepEqual(recordedSteps(sgd(6, 3)), [1, 2, 4, 6, 8, 12, 16, 18]);
  assert.deepEqual(recordedSteps({ variant: 'gd', sampleSize: 6, passes: 3 }), [1, 2, 3]);
});

it('has schedules that begin with the step size, and end with nothing where they fall', () => {
  for (const schedule of ['constant', 'cosine', 'linear'] as const)
    assert.equal(stepSize(schedule, 0.3, 0, 10, 1), 0.3);
  assert.ok(stepSize('cosine', 1, 9, 10, 1) < 0.03 && stepSize('linear', 1, 9, 10, 1) < 0.11);
  assert.equal(stepSize('cosine', 1, 5, 10, 1), stepSize('linear', 1, 5, 10, 1));
  assert.equal(stepSize('pl-decay', 0.3, 0, 10, 0.5), 0.3); // 1 / (2 mu) = 1 is cut
  assert.ok(Math.abs(stepSize('pl-decay', 0.3, 9, 10, 0.5) - 19 / 100) < 1e-15);
});
