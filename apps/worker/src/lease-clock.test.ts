import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createLeaseClock } from './lease-clock.ts';

const turn = () => new Promise((resolve) => setImmediate(resolve));
const signal = new AbortController().signal;

describe('a lease clock', () => {
  it('counts from when the heartbeat was sent, not from when it was answered', () => {
    let now = 0;
    const lease = createLeaseClock(30, 0, () => now);
    now = 29;
    assert.equal(lease.isHeld, true);
    lease.renew(10); // the answer took 19
    now = 39;
    assert.equal(lease.isHeld, true);
    now = 40;
    assert.equal(lease.isHeld, false);
  });

  it('holds writes back past its end, until a heartbeat is answered', async () => {
    let now = 50;
    const lease = createLeaseClock(30, 0, () => now);
    let isHeld = false;
    const held = lease.held(signal).then(() => {
      isHeld = true;
    });
    lease.renew(15); // an answer that came too late renews nothing
    await turn();
    assert.equal(isHeld, false);
    now = 60;
    lease.renew(55);
    await held;
  });

  it('lets nobody wait once the attempt is over', async () => {
    const over = new AbortController();
    const lease = createLeaseClock(30, 0, () => 50);
    const held = lease.held(over.signal);
    over.abort(new Error('over'));
    await assert.rejects(held, /over/);
    await assert.rejects(lease.held(over.signal), /over/);
  });
});
