import type { JobView } from '@crucible/contracts';

type Times = Pick<JobView, 'startedAt' | 'endedAt'>;

/** Minutes in which at least one of the jobs ran; pauses between them do not count. */
export function busyMinutes(jobs: readonly Times[]): number {
  const spans = jobs
    .flatMap(({ startedAt, endedAt }) =>
      startedAt === null || endedAt === null ? [] : [[Date.parse(startedAt), Date.parse(endedAt)] as const],
    )
    .sort(([a], [b]) => a - b);
  let busy = 0;
  let until = Number.NEGATIVE_INFINITY;
  for (const [from, to] of spans) {
    busy += Math.max(0, to - Math.max(from, until));
    until = Math.max(until, to);
  }
  return busy / 60_000;
}

export interface Progress {
  total: number;
  /** jobs that an earlier reproduction had submitted */
  numBefore: number;
  ended: readonly JobView[];
  live: readonly Pick<JobView, 'name' | 'state' | 'progress'>[];
}

/** Names that a progress line has room for. */
const MOST_NAMED = 4;

/** How far the jobs are, in one line. */
export function progressText({ total, numBefore, ended, live }: Progress): string {
  const failed = ended.filter(({ state }) => state !== 'succeeded').length;
  const running = live.filter(({ state }) => state === 'running' || state === 'stopping');
  const paused = live.filter(({ state }) => state === 'paused').length;
  const named = running.slice(0, MOST_NAMED).map(({ name, progress }) => {
    const short = name.replace(/^reproduce [^:]*: /, '');
    return progress === null || progress.total === 0
      ? short
      : `${short} ${Math.floor((100 * progress.done) / progress.total)} %`;
  });
  return [
    `${ended.length} of ${total} jobs ended`,
    ...(numBefore > 0 ? [`${numBefore} were there before`] : []),
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(paused > 0 ? [`${paused} paused`] : []),
    ...(running.length > 0 ? [`running: ${named.join(', ')}`] : []),
  ].join('; ');
}
