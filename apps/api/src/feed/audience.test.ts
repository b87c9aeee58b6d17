import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { FeedEvent } from '@crucible/contracts';
import { type Audience, concerns, concernsHint, parseTopics } from './audience.ts';

const event = (kind: FeedEvent['kind'], jobId: string | null, team: string | null = null): FeedEvent => ({
  seq: 1,
  kind,
  jobId,
  workerId: jobId === null ? 'w' : null,
  team,
  state: null,
  version: null,
  data: null,
  time: '2030-01-01T00:00:00.000Z',
});

const audience = (topics: string | undefined, team: string | null = null): Audience => ({
  topics: parseTopics(topics),
  team,
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
      assert.equal(concerns(audience(topics), each), expected, `${topics} ${each.kind} ${each.jobId}`);
  });

  it('tells a team of its own jobs and of what belongs to none, whatever it asks for', () => {
    for (const topics of [undefined, 'jobs', 'job:a']) {
      assert.equal(concerns(audience(topics, 'vision'), event('job.state', 'a', 'vision')), true);
      assert.equal(concerns(audience(topics, 'vision'), event('job.state', 'a', 'speech')), false);
      assert.equal(concerns(audience(topics, null), event('job.state', 'a', 'speech')), true);
    }
    assert.equal(concerns(audience('workers', 'vision'), event('worker.state', null)), true);
  });
});

describe('concernsHint', () => {
  const hint = { jobId: 'a', team: 'vision', maxStep: 1, progress: null };

  it('takes progress of a job as belonging to all jobs, to the job, and to everything', () => {
    const heard = [undefined, 'jobs', 'job:a', 'workers', 'job:b'].map((topics) =>
      concernsHint(audience(topics), hint),
    );
    assert.deepEqual(heard, [true, true, true, false, false]);
  });

  it('keeps the progress of a team inside it', () => {
    assert.equal(concernsHint(audience(undefined, 'vision'), hint), true);
    assert.equal(concernsHint(audience('job:a', 'speech'), hint), false);
  });
});
