import { isTerminal } from '@crucible/contracts';
import type pg from 'pg';
import { tellDependents } from './dependents.ts';
import { changeState, type JobMove } from './job-state-change.ts';

/**
 * Changes the state of a job that the transaction has locked. When the job ends, the jobs that need it are released or
 * fail with it in the same transaction.
 *
 * @throws Error when the job is in no state that allows the move
 */
export async function moveJob(client: pg.PoolClient, jobId: string, move: JobMove): Promise<void> {
  await changeState(client, jobId, move);
  if (isTerminal(move.to)) await tellDependents(client, jobId, move.to);
}
