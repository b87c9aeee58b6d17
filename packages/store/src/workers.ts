import { CrucibleError, type EngineInfo, type Slot, type WorkerHold, type WorkerView } from '@crucible/contracts';
import type { Database } from './database.ts';
import type { Worker } from './generated/client.ts';
import type { TeamFilter } from './team-filter.ts';
import { transaction } from './transaction.ts';
import {
  deregisterWorker,
  holdWorker,
  type Leftover,
  leaveWork,
  type NewWorker,
  registerWorker,
} from './worker-registration.ts';

/** The processes that run attempts. */
export interface Workers {
  /** Enters a worker; attempts of its earlier boots end as lost at once and their jobs queue again. */
  register(worker: NewWorker): Promise<{ workerId: string; leftovers: Leftover[] }>;
  /** The worker has stopped in good order. Attempts that it still holds end as lost. */
  deregister(workerId: string): Promise<void>;
  /** The worker shuts down: it gets no more attempts. @throws `not-found` */
  leave(workerId: string): Promise<void>;
  /**
   * What an operator wants of a worker, also over its restarts: `cordoned`, it gets no new attempts; `draining`, it
   * gives those that it runs back as well, after a checkpoint; null, it works again.
   *
   * @throws `not-found`
   */
  hold(workerId: string, hold: WorkerHold | null): Promise<WorkerView>;
  /**
   * By name, the last boot of each; those gone or lost for a day are left out. Of attempts at jobs of other teams than
   * `team` only the slot is told.
   */
  list(team: TeamFilter): Promise<WorkerView[]>;
}

/** Those that have not been heard of for so long are history. */
const FORGET_AFTER_MS = 24 * 3600 * 1000;

type WorkerWithAttempts = Worker & {
  attempts: { jobId: string; number: number; slots: number[]; job: { teamId: string } }[];
};

const toView = (row: WorkerWithAttempts, team: TeamFilter): WorkerView => ({
  id: row.id,
  name: row.name,
  host: row.host,
  pool: row.pool,
  state: row.state as WorkerView['state'],
  hold: row.hold as WorkerHold | null,
  version: row.version,
  engine: row.engine as EngineInfo,
  slots: row.slots as Slot[],
  attempts: row.attempts.map(({ jobId, number, slots, job }) => ({
    jobId: team === null || team === job.teamId ? jobId : null,
    number,
    slots,
  })),
  eventLoopLagMs: row.eventLoopLagMs,
  spoolBytes: Number(row.spoolBytes),
  startedAt: row.startedAt.toISOString(),
  seenAt: row.seenAt.toISOString(),
});

/** With a worker come the attempts that it runs. */
const WITH_ATTEMPTS = {
  attempts: {
    where: { state: 'running' },
    select: { jobId: true, number: true, slots: true, job: { select: { teamId: true } } },
    orderBy: { slots: 'asc' },
  },
} as const;

const unknownWorker = (workerId: string): CrucibleError =>
  new CrucibleError('not-found', `There is no worker ${workerId}, or it is gone.`);

export function createWorkers({ pool, prisma }: Database): Workers {
  return {
    register: (worker) => transaction(pool, (client) => registerWorker(client, worker)),
    deregister: (workerId) => transaction(pool, (client) => deregisterWorker(client, workerId)),
    async leave(workerId) {
      const isKnown = await transaction(pool, (client) => leaveWork(client, workerId));
      if (!isKnown) throw unknownWorker(workerId);
    },
    async hold(workerId, hold) {
      const isKnown = await transaction(pool, (client) => holdWorker(client, workerId, hold));
      const row = isKnown ? await prisma.worker.findUnique({ where: { id: workerId }, include: WITH_ATTEMPTS }) : null;
      if (row === null) throw unknownWorker(workerId);
      return toView(row, null);
    },
    async list(team) {
      const rows = await prisma.worker.findMany({
        where: { seenAt: { gt: new Date(Date.now() - FORGET_AFTER_MS) } },
        orderBy: [{ name: 'asc' }, { startedAt: 'desc' }],
        distinct: ['name'],
        include: WITH_ATTEMPTS,
      });
      return rows.map((row) => toView(row, team));
    },
  };
}
