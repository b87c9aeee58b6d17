import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CrucibleError } from '@crucible/contracts';
import { retrying } from './retrying.ts';

describe('retrying', () => {
  const signal = new AbortController().signal;
  /** Time passes at once. */
  const wait = async () => {};

  it('outlasts an outage of any length, with longer and longer waits up to a bound', async () => {
    const waits: number[] = [];
    let calls = 0;
    const result = await retrying(
      async () => {
        calls++;
        if (calls < 12) throw Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
        return 'stored';
      },
      { signal, wait, onWait: (_, waitMs) => waits.push(waitMs) },
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
      { signal, wait },
    );
    await assert.rejects(failing, /surprise/);
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
