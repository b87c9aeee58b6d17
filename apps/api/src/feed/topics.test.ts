import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { FeedEvent } from '@crucible/contracts';
import { concerns, concernsJob, parseTopics } from './topics.ts';

const event = (kind: FeedEvent['kind'], jobId: string | null): FeedEvent => ({
  seq: 1,
  kind,
  jobId,
  workerId: jobId === null ? 'w' : null,
  state: null,
  version: null,
  data: null,
  time: '2030-01-01T00:00:00.000Z',
});

describe('concerns', () => {
  it('sorts events by topic as the store does', () => {
    const cases: [string | undefined, FeedEvent, boolean][] = [
      [undefined, event('worker.state', null), true],
      ['jobs', event('job.state', 'a'), true],
      ['jobs', event('job.submitted', 'a'), true],
      ['jobs', event('artifact.stored', 'a'), false],
      ['jobs', event('worker.state', null), false],
      ['workers', event('worker.state', null), true],
      ['workers', event('job.state', 'a'), false],
      ['job:a', event('artifact.stored', 'a'), true],
      ['job:a', event('job.state', 'b'), false],
      ['job:a', event('worker.state', null), false],
      ['workers,job:a', event('checkpoint.committed', 'a'), true],
    ];
    for (const [topics, each, expected] of cases)
      assert.equal(concerns(parseTopics(topics), each), expected, `${topics} ${each.kind} ${each.jobId}`);
  });
});

describe('concernsJob', () => {
  it('takes progress of a job as belonging to all jobs, to the job, and to everything', () => {
    const heard = [undefined, 'jobs', 'job:a', 'workers', 'job:b'].map((topics) =>
      concernsJob(parseTopics(topics), 'a'),
    );
    assert.deepEqual(heard, [true, true, true, false, false]);
  });
});
