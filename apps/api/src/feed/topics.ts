import type { FeedEvent } from '@crucible/contracts';

/** `jobs,job:ID` as a list; empty for everything. */
export const parseTopics = (topics: string | undefined): string[] => (topics === undefined ? [] : topics.split(','));

/** True when a reader of `topics` wants to hear of this job. */
export const concernsJob = (topics: readonly string[], jobId: string): boolean =>
  topics.length === 0 || topics.includes('jobs') || topics.includes(`job:${jobId}`);

/** True when the event belongs to one of the topics; the same rule as the store's. */
export const concerns = (topics: readonly string[], event: FeedEvent): boolean =>
  topics.length === 0 ||
  (event.jobId !== null && concernsJob(topics, event.jobId)) ||
  (event.workerId !== null && topics.includes('workers'));
