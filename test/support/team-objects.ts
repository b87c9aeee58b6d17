import type { Store } from '@crucible/store';
import { claim, newJob, newWorker } from './running-attempt.ts';
import { prepare, upload } from './stored-checkpoints.ts';

/** A running job of a team, with one of everything that a job reports. */
export interface TeamObjects {
  jobId: string;
  attemptId: string;
  checkpointId: string;
  workerId: string;
}

/**
 * Makes a running job for a member. Whatever a reader of it could see holds `mark`: its name, a tag, its config, a log
 * line, the name of a metric, the state of its checkpoint, the name and the bytes of its artifact.
 */
export async function newTeamObjects(
  store: Store,
  { team, userId, mark }: { team: string; userId: string; mark: string },
): Promise<TeamObjects> {
  const { value: job } = await store.jobs.submit(
    newJob({ teamId: team, userId, name: mark, tags: { mark }, config: { mark }, submittedConfig: { mark } }),
  );
  const { workerId } = await store.workers.register(newWorker());
  const attempt = await claim(store, job.id, workerId);
  await store.logs.appendBatch({
    ...attempt,
    sequence: 1,
    lines: [{ timeMs: 0, level: 'info', message: `a line of ${mark}`, fields: { mark } }],
  });
  await store.metrics.appendBatch({
    ...attempt,
    sequence: 1,
    points: [1, 2, 3].map((step) => ({ key: `${mark}/loss`, step, value: 1 / step, timeMs: step })),
  });
  const checkpointId = await upload(store, attempt, prepare(1, [Buffer.from(mark)], { mark }));
  await store.artifacts.store({ ...attempt, name: mark, mediaType: 'text/plain', content: [Buffer.from(mark)] });
  return { jobId: job.id, attemptId: attempt.attemptId, checkpointId, workerId };
}
