import { type AttemptView, END_CODES, type JobView } from '@crucible/contracts';
import { between, formatDuration } from '../../format/duration.ts';

const ended = ({ startedAt, endedAt }: JobView): string =>
  startedAt === null || endedAt === null ? '' : ` after ${formatDuration(between(startedAt, endedAt))}`;

/** What the job waits for, does, or how it ended, in a sentence. */
export function jobSentence(job: JobView, lastAttempt: AttemptView | null): string {
  const where = lastAttempt?.worker == null ? '' : ` on ${lastAttempt.worker}`;
  switch (job.state) {
    case 'queued':
      return job.waiting === null
        ? 'Waits in the queue.'
        : `${job.waiting.message} (place ${job.waiting.position} in the queue)`;
    case 'running':
      return job.progress === null ? `Starts${where}.` : `Runs${where}: ${job.progress.message}`;
    case 'stopping':
      return `Asked to stop${where}.`;
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
