import type { EngineInfo, Slot, WorkerView } from '@crucible/contracts';

export interface NewWorker {
  /** stays the same over restarts; one process at a time may use it */
  name: string;
  host: string;
  pool: string;
  version: string;
  engine: EngineInfo;
  slots: readonly Slot[];
  /** fresh for every start of the process */
  bootId: string;
}

/** An attempt that an earlier process of the same worker left behind; it has been ended as lost. */
export interface Leftover {
  attemptId: string;
  jobId: string;
  number: number;
}

/** The processes that run attempts. */
export interface Workers {
  /** Enters a worker; attempts of its earlier boots end as lost at once and their jobs queue again. */
  register(worker: NewWorker): Promise<{ workerId: string; leftovers: Leftover[] }>;
  /** The worker has stopped in good order. Attempts that it still holds end as lost. */
  deregister(workerId: string): Promise<void>;
  /** @throws `not-found` */
  setState(workerId: string, state: 'ready' | 'draining'): Promise<void>;
  /** By name, the last boot of each; those gone or lost for a day are left out. */
  list(): Promise<WorkerView[]>;
}
