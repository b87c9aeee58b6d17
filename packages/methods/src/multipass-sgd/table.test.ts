import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type MultipassSgdConfig, resolveConfig } from '@crucible/contracts';
import type { Cell } from './cell.ts';
import { bestStepSize, type CellResult, pairedGain } from './cell-result.ts';
import { tableOf } from './table.ts';

const STEP_SIZES = [0.1, 0.2, 0.4];
const config = (sampleSizes: number[]) =>
  resolveConfig('multipass-sgd', { sampleSizes, passes: [4], stepSizes: STEP_SIZES }) as MultipassSgdConfig;

/** A cell whose tuned risks are `risks` by seed, at step size `best`. */
const result = (cell: Partial<Cell>, risks: readonly number[], best = 1): CellResult => ({
  cell: { variant: 'sgd', sampleSize: 100, passes: 1, ...cell },
  risks: risks.map((risk) => STEP_SIZES.map((_, e) => risk * (1 + Math.abs(e - best)))),
  best,
  path: [],
  weights: null,
});

describe('tuning', () => {
  it('takes the step size of the smallest mean, and never one that diverged for a seed', () => {
    assert.equal(
      bestStepSize([
        [3, 2, 1],
        [3, 2, Number.POSITIVE_INFINITY],
      ]),
      1,
    );
    assert.equal(bestStepSize([[Number.POSITIVE_INFINITY], [1]]), -1);
  });
});

describe('the table', () => {
  it('states the paired gain of many passes, unless their step size is at an edge', () => {
    const onePass = result({}, [2, 8]);
    const { gains } = tableOf([onePass, result({ passes: 4 }, [1, 2])], config([100]), STEP_SIZES);
    assert.ok(Math.abs((gains[0]?.ratio ?? 0) - Math.sqrt(2 * 4)) < 1e-12);
    const atEdge = tableOf([onePass, result({ passes: 4 }, [1, 2], 2)], config([100]), STEP_SIZES);
    assert.equal(atEdge.gains[0]?.ratio, null);
    assert.deepEqual(
      atEdge.warnings.map(({ name }) => name),
      ['step-size-at-edge'],
    );
  });

  it('finds the samples that one pass would have needed, on logarithms between the sizes', () => {
    const cells = [result({}, [1]), result({ sampleSize: 1000 }, [0.01]), result({ passes: 4 }, [0.1])];
    const { reuse } = tableOf(cells, config([100]), STEP_SIZES);
    assert.ok(Math.abs((reuse[0]?.factor ?? 0) - Math.sqrt(10)) < 1e-12);
    const beyond = tableOf([result({}, [1]), result({ passes: 4 }, [0.1])], config([100]), STEP_SIZES);
    assert.equal(beyond.reuse[0]?.factor, null);
  });

  it('marks cells of fresh samples, and tells of cells where all diverged', () => {
    const lost = { ...result({ sampleSize: 400 }, [Number.POSITIVE_INFINITY]), best: -1 };
    const { cells, warnings } = tableOf([result({}, [1]), lost], config([100]), STEP_SIZES);
    assert.deepEqual(
      cells.map(({ isFresh, mean, stepSize }) => [isFresh, mean, stepSize]),
      [
        [false, 1, 0.2],
        [true, null, null],
      ],
    );
    assert.equal(warnings[0]?.name, 'all-diverged');
  });

  it('fits the slope of risk against samples seed by seed', () => {
    const sizes = [100, 1000, 10_000];
    const cells = sizes.map((sampleSize) => result({ sampleSize }, [50 / sampleSize, 7 / sampleSize]));
    const [slope] = tableOf(cells, config(sizes), STEP_SIZES).slopes;
    assert.ok(slope !== undefined && Math.abs(slope.slope + 1) < 1e-12 && Math.abs(slope.hi - slope.lo) < 1e-9);
  });
});

it('has no gain where a risk is zero or infinite', () => {
  assert.equal(pairedGain([1, 1], [1, 0]), null);
  assert.equal(pairedGain([1, Number.POSITIVE_INFINITY], [1, 1]), null);
});
