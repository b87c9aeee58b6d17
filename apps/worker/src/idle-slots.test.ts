import assert from 'node:assert/strict';
import { it } from 'node:test';
import { watchIdleSlots } from './idle-slots.ts';

it('adds up the slot-seconds without work, each once', () => {
  let now = 0;
  const idle = watchIdleSlots(4, () => now);
  now = 1000;
  idle.setBusy(3);
  now = 3000;
  assert.equal(idle.takeSeconds(), 4 * 1 + 1 * 2);
  now = 3500;
  idle.setBusy(4);
  now = 9000;
  assert.equal(idle.takeSeconds(), 0.5);
  assert.equal(idle.takeSeconds(), 0);
});
