import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { END_CODE_NAMES, END_CODES, type EndCode, type Outcome } from '@crucible/contracts';
import { settle } from './settle.ts';

const ending = (outcome: Outcome, endCode: EndCode) => ({ outcome, endCode, detail: null, summary: null });

describe('settle', () => {
  it('queues the job again exactly as often as the budget of each code allows', () => {
    for (const code of END_CODE_NAMES.filter((name) => name !== 'ok' && name !== 'canceled')) {
      const { retries } = END_CODES[code];
      for (let earlier = 0; earlier < 12; earlier++)
        assert.equal(settle('running', ending('failed', code), earlier).to, earlier < retries ? 'queued' : 'failed');
    }
  });

  it('ends a canceled job as canceled where it would have tried again', () => {
    assert.deepEqual(settle('stopping', ending('lost', 'worker-lost'), 0), {
      to: 'canceled',
      endCode: 'canceled',
      delaySeconds: 0,
    });
    assert.equal(settle('stopping', ending('released', 'drained'), 0).to, 'canceled');
    assert.equal(settle('stopping', ending('canceled', 'canceled'), 0).to, 'canceled');
  });

  it('lets success and plain failure stand although a user had asked to cancel', () => {
    assert.equal(settle('stopping', ending('succeeded', 'ok'), 0).to, 'succeeded');
    assert.deepEqual(settle('stopping', ending('failed', 'method-error'), 0), {
      to: 'failed',
      endCode: 'method-error',
      delaySeconds: 0,
    });
  });

  it('keeps a dispatched job that nobody claimed in the queue', () => {
    assert.equal(settle('queued', ending('lost', 'not-claimed'), 0).to, 'queued');
    assert.equal(settle('queued', ending('lost', 'not-claimed'), 10).to, 'failed');
  });

  it('doubles the pause after a killed child and makes none after a lost worker', () => {
    const pauses = [0, 1, 2].map((n) => settle('running', ending('failed', 'child-killed'), n).delaySeconds);
    assert.deepEqual(pauses, [5, 10, 20]);
    assert.equal(settle('running', ending('lost', 'worker-lost'), 5).delaySeconds, 0);
  });
});
