import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { JobPage, JobView } from '@crucible/contracts';
import { parseJobSort } from '@crucible/contracts';
import { type ListedJob, listedJobs, mergeJobs } from './merge-jobs.ts';

const NEWEST = parseJobSort('-submittedAt');
const OLDEST = parseJobSort('submittedAt');
const MAX = parseJobSort('metric:a:max');
const MIN = parseJobSort('metric:a:min');

// Only id and value matter to the merge; the rest of a job is as large as its config.
const jobs = (...ids: string[]): JobView[] => ids.map((id) => ({ id }) as JobView);
const page = (ids: string, nextCursor: string | null = 'c', values?: (number | null)[]): JobPage => ({
  data: jobs(...ids),
  nextCursor,
  ...(values === undefined ? {} : { values }),
});
const list = (ids: string, values?: (number | null)[]): ListedJob[] => listedJobs(page(ids, null, values));
const idsOf = (listed: readonly ListedJob[]): string => listed.map(({ job }) => job.id).join('');

describe('mergeJobs', () => {
  it('puts new jobs on top and keeps the older ones below the page', () => {
    assert.equal(idsOf(mergeJobs(list('54321'), page('654'), NEWEST)), '654321');
  });

  it('drops a job inside the range of the page that the page no longer has', () => {
    assert.equal(idsOf(mergeJobs(list('5432'), page('53'), NEWEST)), '532');
  });

  it('keeps nothing else when the page is the last one', () => {
    assert.equal(idsOf(mergeJobs(list('54'), page('4', null), NEWEST)), '4');
    assert.deepEqual(mergeJobs(list('5'), page('', null), NEWEST), []);
  });

  it('goes the other way in an order from the oldest on', () => {
    assert.equal(idsOf(mergeJobs(list('12345'), page('13'), OLDEST)), '1345');
  });

  it('goes by value, then by id, with jobs without one last', () => {
    const values = [9, 5, 5, 1, null, null];
    assert.equal(idsOf(mergeJobs(list('352147', values), page('35', 'c', [9, 5]), MAX)), '352147');
    const least = [1, 5, 5, 9, null, null];
    assert.equal(idsOf(mergeJobs(list('325174', least), page('32', 'c', [1, 5]), MIN)), '325174');
    assert.equal(
      idsOf(mergeJobs(list('3521974', [...values, null]), page('3529', 'c', [9, 5, 5, null]), MAX)),
      '352974',
    );
  });

  it('shows a job once whose value rose into the page', () => {
    const merged = mergeJobs(list('321', [9, 5, 1]), page('31', 'c', [9, 8]), MAX);
    assert.equal(idsOf(merged), '312');
    assert.deepEqual(
      merged.map(({ value }) => value),
      [9, 8, 5],
    );
  });
});
