import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it, mock } from 'node:test';
import { CrucibleError } from '@crucible/contracts';
import { retrying } from './retrying.ts';

/** Lets every timer that is set fire at once, until `promise` settles. */
async function withTime<T>(promise: Promise<T>): Promise<T> {
  let isSettled = false;
  const settle = () => {
    isSettled = true;
  };
  promise.then(settle, settle);
  while (!isSettled) {
    mock.timers.runAll();
    await new Promise((resolve) => setImmediate(resolve));
  }
  return promise;
}

describe('retrying', () => {
  beforeEach(() => mock.timers.enable({ apis: ['setTimeout'] }));
  afterEach(() => mock.timers.reset());
  const signal = new AbortController().signal;

  it('outlasts an outage of any length, with longer and longer waits up to a bound', async () => {
    const waits: number[] = [];
    let calls = 0;
    const result = await withTime(
      retrying(
        async () => {
          calls++;
          if (calls < 12) throw Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
          return 'stored';
        },
        { signal, onWait: (_, waitMs) => waits.push(waitMs) },
      ),
    );
    assert.equal(result, 'stored');
    assert.deepEqual(waits.slice(0, 7), [200, 400, 800, 1600, 3200, 6400, 10_000]);
    assert.equal(waits.length, 11);
  });

  it('never repeats what was refused', async () => {
    for (const code of ['stale-fence', 'too-many-series', 'sequence-gap'] as const) {
      let calls = 0;
      const refused = retrying(
        async () => {
          calls++;
          throw new CrucibleError(code, 'no');
        },
        { signal },
      );
      await assert.rejects(refused, { code });
      assert.equal(calls, 1);
    }
  });

  it('gives an error up that nothing is known of, after a few tries', async () => {
    let calls = 0;
    const failing = retrying(
      async () => {
        calls++;
        throw new TypeError('surprise');
      },
      { signal },
    );
    await assert.rejects(withTime(failing), /surprise/);
    assert.equal(calls, 6);
  });

  it('stops waiting when it is aborted, with the reason', async () => {
    const stop = new AbortController();
    const waiting = retrying(async () => Promise.reject(new CrucibleError('unavailable', 'away')), {
      signal: stop.signal,
      onWait: () => queueMicrotask(() => stop.abort(new Error('enough'))),
    });
    await assert.rejects(waiting, /enough/);
  });
});
