import assert from 'node:assert/strict';
import { it } from 'node:test';
import { maskOf } from './attempt-mask.ts';

const shown = (resumed: (number | null)[]) => {
  const mask = maskOf(resumed.map((resumedStep, i) => ({ number: i + 1, resumedStep })));
  return Object.fromEntries(mask.attempts.map((attempt, i) => [attempt, mask.maxSteps[i]]));
};

it('shows all of a single attempt', () => assert.deepEqual(shown([null]), { 1: null }));

it('cuts an attempt at the step from which the next went on', () =>
  assert.deepEqual(shown([null, 40]), { 1: 40, 2: null }));

it('cuts an attempt at the least of all later resumes', () =>
  assert.deepEqual(shown([null, 40, 30, 35]), { 1: 30, 2: 30, 3: 35, 4: null }));

it('hides everything before an attempt that began from nothing', () =>
  assert.deepEqual(shown([null, 40, null]), { 1: -1, 2: -1, 3: null }));
