import type { QueuedJob, Reservation, WorkerSlots } from './snapshot.ts';

/** A worker in the course of a pass. */
export interface WorkerState {
  readonly worker: WorkerSlots;
  free: number;
  /** slots of attempts that are being stopped */
  freeing: number;
  /** slots kept for jobs that wait */
  kept: number;
  /** slots that will be free when the kept ones are needed */
  freeThen: number;
  /** when the kept ones are needed; jobs that end before may use them */
  keptFrom: number;
  keptFor: string[];
}

/** Slots that are free or about to be, beside those kept for others. */
export const roomOf = ({ free, freeing, kept }: WorkerState): number => Math.max(0, free + freeing - kept);

/** The slots of the workers of one pool. */
export class PoolSlots {
  readonly workers: WorkerState[];
  /** slots of the largest worker */
  readonly largest: number;
  readonly #now: number;
  /** a job without a worker to avoid that asks for so many slots or more has no place */
  #tooMany = Number.POSITIVE_INFINITY;
  #free: number;
  #hasKept = false;

  constructor(workers: readonly WorkerState[], now: number) {
    this.workers = [...workers].sort((a, b) => (a.worker.name < b.worker.name ? -1 : 1));
    this.largest = Math.max(0, ...workers.map(({ worker }) => worker.slots));
    this.#now = now;
    this.#free = workers.reduce((sum, { free }) => sum + free, 0);
  }

  /** True once slots are kept for a job that waits. */
  get hasKept(): boolean {
    return this.#hasKept;
  }

  /** Free slots of all workers. */
  get free(): number {
    return this.#free;
  }

  /**
   * The workers that a job may run on: not the one of its last failure and none that rests, as long as there is
   * another that has so many slots.
   */
  candidates(job: Pick<QueuedJob, 'slots' | 'avoidWorker'>): WorkerState[] {
    const large = this.workers.filter(({ worker }) => worker.slots >= job.slots);
    const rested = large.filter(({ worker }) => worker.coolOffUntil === null || worker.coolOffUntil <= this.#now);
    const sound = rested.length > 0 ? rested : large;
    if (job.avoidWorker === null) return sound;
    const others = sound.filter(({ worker }) => worker.name !== job.avoidWorker);
    return others.length > 0 ? others : sound;
  }

  /** Best fit: takes the slots on the worker with the fewest free ones left; null when none has so many. */
  place(job: QueuedJob): WorkerState | null {
    if (job.slots > this.#free) return null;
    // A job with a limit may use slots that are kept for later, one with a worker to avoid has fewer to choose from.
    const isPlain = job.avoidWorker === null && (job.maxRunSeconds === null || !this.#hasKept);
    if (isPlain && job.slots >= this.#tooMany) return null;
    let best: WorkerState | null = null;
    for (const state of this.candidates(job))
      if (this.usable(state, job) >= job.slots && (best === null || state.free < best.free)) best = state;
    if (best === null) {
      if (isPlain) this.#tooMany = job.slots;
      return null;
    }
    if (best.kept > 0 && !this.#endsBefore(best, job)) best.freeThen -= job.slots;
    best.free -= job.slots;
    this.#free -= job.slots;
    return best;
  }

  /** Free slots of a worker that a job may take without delaying those for whom slots are kept. */
  usable(state: WorkerState, job: QueuedJob): number {
    if (state.kept === 0 || this.#endsBefore(state, job)) return state.free;
    return Math.min(state.free, state.freeThen - state.kept);
  }

  /** Keeps slots for a job from `at` on, when `freeThen` slots of the worker will be free. */
  keep(state: WorkerState, job: QueuedJob, at: number, freeThen: number): Reservation {
    this.#hasKept = true;
    state.kept += job.slots;
    state.freeThen = Math.max(state.freeThen, freeThen);
    // Nobody knows when it will be: then no other job may use them meanwhile.
    state.keptFrom = Math.min(state.keptFrom, Number.isFinite(at) ? at : this.#now);
    state.keptFor.push(job.id);
    return {
      jobId: job.id,
      workerId: state.worker.id,
      slots: job.slots,
      at: Number.isFinite(at) ? at : null,
    };
  }

  #endsBefore({ keptFrom }: WorkerState, { maxRunSeconds }: QueuedJob): boolean {
    return maxRunSeconds !== null && this.#now + 1000 * maxRunSeconds <= keptFrom;
  }
}
