import type { StreamMessage } from '@crucible/client';

/**
 * What a view shows: `jobs`, `workers` and `job:ID` as in the topics of the stream. `progress` and `progress:ID` are
 * what moves while jobs run, of all or of one: it comes every second and costs as many looks, so it is asked for apart.
 */
export type Concern = 'jobs' | 'workers' | 'progress' | `job:${string}` | `progress:${string}`;

/** True when `message` may have changed something that a view with these concerns shows. */
export function concerns(message: StreamMessage, about: readonly Concern[]): boolean {
  switch (message.kind) {
    case 'connected': // something may have happened while there was no connection
    case 'reset':
      return true;
    case 'disconnected':
      return false;
    case 'hint':
      return about.includes('progress') || about.includes(`progress:${message.hint.jobId}`);
    case 'event': {
      const { jobId, workerId } = message.event;
      return (
        (jobId !== null && (about.includes('jobs') || about.includes(`job:${jobId}`))) ||
        (workerId !== null && about.includes('workers'))
      );
    }
  }
}
