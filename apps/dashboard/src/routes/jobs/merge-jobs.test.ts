import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { JobView } from '@crucible/contracts';
import { mergeJobs } from './merge-jobs.ts';

// Only the id matters to the merge; the rest of a job is as large as its config.
const jobs = (...ids: string[]): JobView[] => ids.map((id) => ({ id }) as JobView);
const idsOf = (list: readonly JobView[]): string[] => list.map(({ id }) => id);

describe('mergeJobs', () => {
  it('puts new jobs on top and keeps the older ones below the page', () => {
    const merged = mergeJobs(jobs('5', '4', '3', '2', '1'), { data: jobs('6', '5', '4'), nextCursor: 'c' });
    assert.deepEqual(idsOf(merged), ['6', '5', '4', '3', '2', '1']);
  });

  it('drops a job inside the range of the page that the page no longer has', () => {
    const merged = mergeJobs(jobs('5', '4', '3', '2'), { data: jobs('5', '3'), nextCursor: 'c' });
    assert.deepEqual(idsOf(merged), ['5', '3', '2']);
  });

  it('keeps nothing else when the page is the last one', () => {
    assert.deepEqual(idsOf(mergeJobs(jobs('5', '4'), { data: jobs('4'), nextCursor: null })), ['4']);
    assert.deepEqual(mergeJobs(jobs('5'), { data: [], nextCursor: null }), []);
  });
});
