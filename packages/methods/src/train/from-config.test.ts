import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AUGMENTATION_PRESETS, type ScheduleConfig } from '@crucible/contracts';
import { policyOf, scheduleOf } from './from-config.ts';

describe('scheduleOf', () => {
  const at = (schedule: ScheduleConfig, warmupSteps: number, steps: readonly number[]) => {
    const rate = scheduleOf({ learningRate: 2, schedule, warmupSteps }, 100);
    return steps.map((step) => Number(rate(step).toFixed(9)));
  };
  const step: ScheduleConfig = { kind: 'step', milestones: [1 / 4, 1 / 2], factor: 0.1 };

  for (const warmupSteps of [0, 10])
    it(`falls at shares of the whole training, after ${warmupSteps} steps of warm-up`, () =>
      assert.deepEqual(at(step, warmupSteps, [10, 24, 25, 49, 50, 99]), [2, 2, 0.2, 0.2, 0.02, 0.02]));
  it('ends a cosine at its floor, a line at zero, and keeps a constant', () => {
    assert.deepEqual(at({ kind: 'cosine', floor: 0.25 }, 0, [0, 50, 100]), [2, 1.25, 0.5]);
    assert.deepEqual(at({ kind: 'linear' }, 0, [0, 25, 100]), [2, 1.5, 0]);
    assert.deepEqual(at({ kind: 'constant' }, 0, [0, 99]), [2, 2]);
  });
  it('rises to the peak first and spends the rest of the training on the schedule', () => {
    assert.deepEqual(at({ kind: 'linear' }, 10, [0, 4, 9, 10, 55, 100]), [0.2, 1, 2, 2, 1, 0]);
    assert.deepEqual(at({ kind: 'cosine', floor: 0 }, 10, [9, 10, 55, 100]), [2, 2, 1, 0]);
  });
});

it('takes a policy by its name or as it is spelt out', () => {
  const own = [{ op: 'flip', probability: 0.3 }] as const;
  assert.deepEqual(policyOf([...own]), own);
  assert.equal(policyOf('crop-flip'), AUGMENTATION_PRESETS['crop-flip']);
});
