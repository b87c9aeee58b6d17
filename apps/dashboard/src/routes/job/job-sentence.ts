import { type AttemptView, END_CODES, type JobView, type StopIntent } from '@crucible/contracts';
import { between, formatDuration } from '../../format/duration.ts';

const ended = ({ startedAt, endedAt }: JobView): string =>
  startedAt === null || endedAt === null ? '' : ` after ${formatDuration(between(startedAt, endedAt))}`;

const STOPPING: Readonly<Record<StopIntent, (where: string) => string>> = {
  preempt: (where) => `Gives its slots${where} to a job that goes first; it goes on later from its checkpoint.`,
  pause: (where) => `Asked to pause${where}.`,
  cancel: (where) => `Asked to stop${where}.`,
  kill: (where) => `Being killed${where}.`,
};

/** What the job waits for, does, or how it ended, in a sentence. */
export function jobSentence(job: JobView, lastAttempt: AttemptView | null): string {
  const where = lastAttempt?.worker == null ? '' : ` on ${lastAttempt.worker}`;
  switch (job.state) {
    case 'queued':
      return job.waiting === null
        ? 'Waits in the queue.'
        : job.waiting.position > 0
          ? `${job.waiting.message} (place ${job.waiting.position} in the queue)`
          : job.waiting.message;
    case 'running':
      return job.progress === null ? `Starts${where}.` : `Runs${where}: ${job.progress.message}`;
    case 'stopping':
      return job.stopIntent === null ? `Stops${where}.` : STOPPING[job.stopIntent](where);
    case 'blocked':
      return job.waiting?.message ?? 'Waits for other jobs to end.';
    case 'paused':
      return 'Paused; resume it to queue it again.';
    case 'succeeded':
      return `Succeeded${ended(job)}.`;
    case 'canceled':
      return `Canceled${ended(job)}.`;
    case 'failed': {
      const meaning = job.endCode === null ? '' : `: ${END_CODES[job.endCode].meaning}`;
      return `Failed${ended(job)}${meaning}.${job.detail === null ? '' : ` ${job.detail}`}`;
    }
  }
}
