import assert from 'node:assert/strict';
import { it } from 'node:test';
import { CrucibleError } from '@crucible/contracts';
import { pointsOf } from './metric-columns.ts';

const BATCH = {
  fence: 2,
  sequence: 1,
  keys: ['train/loss', 'lr'],
  series: [0, 1],
  steps: [3, 4],
  values: ['NaN', 0.5],
  times: [1000, 2000.5],
};

const faultsOf = (body: unknown) => {
  try {
    pointsOf(body);
    return [];
  } catch (error) {
    assert.ok(error instanceof CrucibleError);
    return error.faults.map(({ pointer }) => pointer);
  }
};

it('puts the columns of a batch together', () =>
  assert.deepEqual(pointsOf(BATCH), {
    fence: 2,
    sequence: 1,
    points: [
      { key: 'train/loss', step: 3, value: Number.NaN, timeMs: 1000 },
      { key: 'lr', step: 4, value: 0.5, timeMs: 2000.5 },
    ],
  }));

for (const [change, pointers] of [
  [{ series: [0, 2] }, ['/series/1']],
  [{ steps: [3, -1] }, ['/steps/1']],
  [{ values: [1, 'nan'] }, ['/values/1']],
  [{ times: [0] }, ['/times']],
  [{ steps: [1.5, 4], times: [null, 1] }, ['/steps/0', '/times/0']],
  [{ keys: [1, 2] }, ['/keys']],
  [{ fence: 0, sequence: '1' }, ['/fence', '/sequence']],
  [{ points: [] }, ['/points']],
] as const)
  it(`finds the fault of ${JSON.stringify(change)}`, () =>
    assert.deepEqual(faultsOf({ ...BATCH, ...change }), pointers));

it('refuses what is no object', () => assert.ok(faultsOf(null).includes('/keys')));
