import { END_CODES, type JobView } from '@crucible/contracts';

/** Ids that fit on a line. */
const MAX_BLOCKING = 3;

/** How far a job is, or what it waits for or how it ended, in a few words. */
export function jobNews(job: JobView): string {
  if (job.waiting !== null) {
    const { position, message, blocking } = job.waiting;
    if (position > 0) return `place ${position}: ${message}`;
    return blocking.length > MAX_BLOCKING ? message : `${message}: ${blocking.join(', ')}`;
  }
  if (job.state === 'failed' && job.endCode !== null)
    return `${END_CODES[job.endCode].meaning}${job.detail === null ? '' : `: ${job.detail}`}`;
  if (job.progress === null || job.endedAt !== null) return '';
  const { phase, done, total, message } = job.progress;
  return `${phase} ${done}/${total} ${message}`.trim();
}

/** Seconds that a job ran so far or in all, empty before it started. */
export function ranSeconds(job: JobView, now: number): string {
  if (job.startedAt === null) return '';
  const end = job.endedAt === null ? now : Date.parse(job.endedAt);
  return `${Math.round((end - Date.parse(job.startedAt)) / 1000)} s`;
}

/** A job that is cut into parts may need hundreds. */
const MAX_NEEDS = 8;

const needsText = ({ needs }: JobView): string =>
  [
    ...needs.slice(0, MAX_NEEDS).map((need) => `${need.job} (${need.on})`),
    ...(needs.length > MAX_NEEDS ? [`${needs.length - MAX_NEEDS} more`] : []),
  ].join(', ');

/** A job as lines for a person. */
export function jobLines(job: JobView, now: number): string[] {
  const facts: [string, string][] = [
    ['id', job.id],
    ['name', job.name],
    ['method', `${job.method} (version ${job.methodVersion})${job.preset === null ? '' : `, preset ${job.preset}`}`],
    ['state', `${job.state} ${jobNews(job)}`.trim()],
    ['ran', ranSeconds(job, now)],
    ['seed', String(job.seed)],
    ['priority', `${job.priority}, tier ${job.tier}`],
    [
      'limits',
      Object.entries(job.limits)
        .flatMap(([name, seconds]) => (seconds === null ? [] : [`${name} ${seconds}`]))
        .join(', '),
    ],
    ['part of', job.parent ?? ''],
    ['needs', needsText(job)],
    ['attempts', String(job.attempts)],
    ['actions', job.actions.join(', ')],
    [
      'tags',
      Object.entries(job.tags)
        .map(([key, value]) => `${key}=${value}`)
        .join(', '),
    ],
  ];
  const lines = facts.filter(([, value]) => value !== '').map(([name, value]) => `${name.padEnd(9)} ${value}`);
  if (typeof job.summary === 'object' && job.summary !== null)
    for (const [name, value] of Object.entries(job.summary)) lines.push(`  ${name}: ${String(value)}`);
  return lines;
}
