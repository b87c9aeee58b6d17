import type { FeedEvent } from '@crucible/contracts';

/** `jobs,job:ID` as a list; empty for everything. */
export const parseTopics = (topics: string | undefined): string[] => (topics === undefined ? [] : topics.split(','));

/** True when a reader of `topics` wants to hear how this job moves on. */
export const concernsJob = (topics: readonly string[], jobId: string): boolean =>
  topics.length === 0 || topics.includes('jobs') || topics.includes(`job:${jobId}`);

/**
 * True when the event belongs to one of the topics; the same rule as the store's. `jobs` are the states of all jobs,
 * `job:ID` is everything of one.
 */
export function concerns(topics: readonly string[], { kind, jobId }: FeedEvent): boolean {
  if (topics.length === 0 || topics.includes(`job:${jobId}`)) return true;
  if (kind === 'job.submitted' || kind === 'job.state') return topics.includes('jobs');
  return kind === 'worker.state' && topics.includes('workers');
}
