import type { FeedEvent, ProgressHint } from '@crucible/contracts';
import type { TeamFilter } from '@crucible/store';

/** A reader of the feed: what it asked for, and whose jobs it may hear of. */
export interface Audience {
  /** empty: everything */
  readonly topics: readonly string[];
  readonly team: TeamFilter;
}

/** `jobs,job:ID` as a list; empty for everything. */
export const parseTopics = (topics: string | undefined): string[] => (topics === undefined ? [] : topics.split(','));

/** What belongs to no team is for everyone. */
const mayHear = (audience: Audience, team: string | null): boolean =>
  audience.team === null || team === null || team === audience.team;

/** True when the audience may hear how this job moves on, and wants to. */
export const concernsHint = (audience: Audience, { jobId, team }: ProgressHint): boolean => {
  const { topics } = audience;
  const isWanted = topics.length === 0 || topics.includes('jobs') || topics.includes(`job:${jobId}`);
  return isWanted && mayHear(audience, team);
};

/**
 * True when the event is for this audience; the same rule as the store's. `jobs` are the states of all jobs, `job:ID`
 * is everything of one.
 */
export function concerns(audience: Audience, { kind, jobId, team }: FeedEvent): boolean {
  const { topics } = audience;
  if (!mayHear(audience, team)) return false;
  if (topics.length === 0 || topics.includes(`job:${jobId}`)) return true;
  if (kind === 'job.submitted' || kind === 'job.state') return topics.includes('jobs');
  return kind === 'worker.state' && topics.includes('workers');
}
