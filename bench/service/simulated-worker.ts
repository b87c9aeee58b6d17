import { randomUUID } from 'node:crypto';
import { type DispatchMessage, dispatchQueue } from '@crucible/contracts';
import type { ClaimedJob } from '@crucible/store';
import { Worker } from 'bullmq';
import type { Setting } from './setting.ts';

/** A worker that claims and runs nothing. */
export interface SimulatedWorker {
  readonly workerId: string;
  /** Goes silent, as a killed worker does: takes nothing and renews nothing. */
  kill(): Promise<void>;
}

/**
 * Registers a worker and claims for it what its pool is given.
 *
 * @param onClaim called with each attempt once it is running
 */
export async function startSimulatedWorker(
  { store, redisUrl }: Setting,
  pool: string,
  numSlots: number,
  onClaim: (claimed: ClaimedJob, workerId: string) => void,
): Promise<SimulatedWorker> {
  const name = `simulated-${randomUUID().slice(0, 8)}`;
  const { workerId } = await store.workers.register({
    name,
    host: 'bench',
    pool,
    version: '0',
    engine: { name: 'cpu', device: 'cpu', threads: 1, isa: '', versions: {}, reasons: [] },
    slots: Array.from({ length: numSlots }, (_, index) => ({ index, kind: 'cpu', model: 'none', memoryMib: null })),
    bootId: randomUUID(),
  });
  let slot = 0;
  const queue = new Worker<DispatchMessage>(
    dispatchQueue(name),
    async (job) => {
      const { attemptId, fence } = job.data;
      const claimed = await store.attempts.claim({ attemptId, fence, workerId, slots: [slot++ % numSlots] });
      if (claimed !== null) onClaim(claimed, workerId);
    },
    { connection: { url: redisUrl, maxRetriesPerRequest: null }, concurrency: 8 },
  );
  queue.on('error', () => {});
  await queue.waitUntilReady();
  return {
    workerId,
    kill: () => queue.close(true),
  };
}

/** Renews the leases of attempts until stopped; `first` resolves when they have been renewed once. */
export function startHeartbeat(
  { store }: Setting,
  workerId: string,
  attempts: () => readonly ClaimedJob[],
): { first: Promise<void>; stop: () => void } {
  const beat = async (): Promise<void> => {
    const entries = attempts().map(({ attemptId, fence }) => ({ attemptId, fence, step: 0, progress: null }));
    await store.attempts
      .heartbeat({ workerId, eventLoopLagMs: 0, spoolBytes: 0, attempts: entries })
      .catch((error) => console.error('a heartbeat of the simulated worker failed', error));
  };
  const first = beat();
  const timer = setInterval(beat, 5000);
  return { first, stop: () => clearInterval(timer) };
}
