import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { StreamMessage } from '@crucible/client';
import { concerns } from './concerns.ts';

const event = (jobId: string | null, workerId: string | null): StreamMessage => ({
  kind: 'event',
  event: {
    seq: 1,
    kind: jobId === null ? 'worker.state' : 'job.state',
    jobId,
    workerId,
    team: null,
    state: null,
    version: null,
    data: null,
    time: '2026-01-01T00:00:00.000Z',
  },
});
const hint: StreamMessage = { kind: 'hint', hint: { jobId: 'a', team: 'default', maxStep: 1, progress: null } };

describe('concerns', () => {
  it('wakes a job page for its own job alone', () => {
    assert.equal(concerns(event('a', null), ['job:a']), true);
    assert.equal(concerns(event('b', null), ['job:a']), false);
    assert.equal(concerns(hint, ['job:a']), false);
    assert.equal(concerns(hint, ['progress:a']), true);
    assert.equal(concerns(hint, ['progress:b']), false);
  });

  it('wakes lists of jobs for progress only if they show it', () => {
    assert.equal(concerns(hint, ['jobs']), false);
    assert.equal(concerns(hint, ['jobs', 'progress']), true);
  });

  it('wakes every view after a gap in the stream', () => {
    assert.equal(concerns({ kind: 'connected' }, ['workers']), true);
    assert.equal(concerns({ kind: 'reset' }, []), true);
  });
});
