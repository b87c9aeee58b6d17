import type { JobOrder, JobPage, JobView } from '@crucible/contracts';

/** A job of the table. */
export interface ListedJob {
  job: JobView;
  /** of the metric by which the table is in order; null: it has none, or the order is one by time */
  value: number | null;
}

/** The jobs of a page, each with its value. */
export const listedJobs = ({ data, values }: JobPage): ListedJob[] =>
  data.map((job, i) => ({ job, value: values?.[i] ?? null }));

/** Whether `one` comes after `other` in the order; ids rise with time. */
function isAfter(one: ListedJob, other: ListedJob, order: JobOrder): boolean {
  const isOlder = one.job.id < other.job.id;
  if (order.by === 'submittedAt') return order.isNewestFirst === isOlder && one.job.id !== other.job.id;
  if (one.value === null || other.value === null) return one.value === other.value ? isOlder : one.value === null;
  const isMax = order.extreme === 'max';
  if (one.value !== other.value) return isMax === one.value < other.value;
  return isMax === isOlder && one.job.id !== other.job.id;
}

/**
 * The table after its top was read again: inside the range of `page` the page alone counts (a job that no longer fits
 * the filter is gone, one whose value rose into it is there once), below it the other jobs stay.
 */
export function mergeJobs(known: readonly ListedJob[], page: JobPage, order: JobOrder): ListedJob[] {
  const top = listedJobs(page);
  const last = top.at(-1);
  if (page.nextCursor === null || last === undefined) return top;
  const ids = new Set(page.data.map(({ id }) => id));
  return [...top, ...known.filter((one) => !ids.has(one.job.id) && isAfter(one, last, order))];
}
