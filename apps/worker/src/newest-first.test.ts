import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createNewestFirst } from './newest-first.ts';

describe('newest first', () => {
  it('finishes what it works on, and skips to the newest that waits', async () => {
    let open = () => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const done: number[] = [];
    const discarded: number[] = [];
    const lane = createNewestFirst<number>(
      async (item) => {
        if (item === 1) await gate;
        done.push(item);
      },
      async (item) => {
        discarded.push(item);
      },
      (error) => assert.fail(String(error)),
    );
    for (const item of [1, 2, 3, 4]) lane.offer(item);
    open();
    await lane.idle();
    assert.deepEqual(done, [1, 4]);
    assert.deepEqual(discarded, [2, 3]);
  });

  it('reports a failure once and discards the rest', async () => {
    const faults: unknown[] = [];
    const discarded: number[] = [];
    const lane = createNewestFirst<number>(
      () => Promise.reject(new Error('refused')),
      async (item) => {
        discarded.push(item);
      },
      (error) => faults.push(error),
    );
    lane.offer(1);
    await assert.rejects(lane.idle(), /refused/);
    lane.offer(2);
    await assert.rejects(lane.idle(), /refused/);
    assert.equal(faults.length, 1);
    assert.deepEqual(discarded, [2]);
  });
});
