import type { JobPage, JobView } from '@crucible/contracts';

/**
 * The table after its top was read again: inside the range of `page` the page alone counts (a job that no longer fits
 * the filter is gone), below it the older jobs stay. Newest first, as the ids rise with time.
 */
export function mergeJobs(known: readonly JobView[], page: JobPage): JobView[] {
  const last = page.data.at(-1);
  if (page.nextCursor === null || last === undefined) return page.data;
  return [...page.data, ...known.filter((job) => job.id < last.id)];
}
