import type { StreamMessage } from '@crucible/client';

/** What a view shows, in the words of the stream's topics; `hints` adds the progress of running jobs. */
export type Concern = 'jobs' | 'workers' | 'hints' | `job:${string}`;

/** True when `message` may have changed something that a view with these concerns shows. */
export function concerns(message: StreamMessage, about: readonly Concern[]): boolean {
  switch (message.kind) {
    case 'connected': // something may have happened while there was no connection
    case 'reset':
      return true;
    case 'disconnected':
      return false;
    case 'hint':
      return about.includes('hints') || about.includes(`job:${message.hint.jobId}`);
    case 'event': {
      const { jobId, workerId } = message.event;
      return (
        (jobId !== null && (about.includes('jobs') || about.includes(`job:${jobId}`))) ||
        (workerId !== null && about.includes('workers'))
      );
    }
  }
}
