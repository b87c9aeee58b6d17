import { type PoolSlots, roomOf, type WorkerState } from './placement.ts';
import type { SchedulingPolicy } from './policy.ts';
import type { RankedJob } from './precedence.ts';
import { chooseVictims, mayPreempt, type PreemptionScene } from './preemption.ts';
import type { Finding } from './reasons.ts';
import { reserve } from './reservation.ts';
import type { ShareLedger } from './share.ts';
import type { Dispatch, HeldSlots, Preemption, QueuedJob, Reservation, Snapshot } from './snapshot.ts';

/** What stays the same for all pools of one pass. */
export interface Pass {
  ledger: ShareLedger;
  medians: Snapshot['medianRunSeconds'];
  now: number;
  policy: SchedulingPolicy;
  /** whose each job is that is queued or runs */
  teamOf: ReadonlyMap<string, string>;
}

/** The walk over the jobs of one pool that may start: who does, for whom room is made, who waits. */
export class PoolWalk {
  readonly dispatch: Dispatch[] = [];
  readonly preempt: Preemption[] = [];
  readonly reservations: Reservation[] = [];
  readonly waiting: Finding[] = [];
  readonly slots: PoolSlots;
  /** live attempts, those of this walk included */
  readonly held: HeldSlots[];
  readonly #pass: Pass;
  #isHeadKnown = false;
  /** claims that found no victims; equal ones find none either */
  readonly #hopeless = new Set<string>();

  constructor(slots: PoolSlots, held: readonly HeldSlots[], pass: Pass) {
    this.slots = slots;
    this.held = [...held];
    this.#pass = pass;
  }

  /** Starts the job, or notes why not. */
  take(next: RankedJob): void {
    const { ledger, now } = this.#pass;
    const { job, tier } = next;
    const quota = ledger.quotaAgainst(job);
    const place = quota === null ? this.slots.place(job) : null;
    if (place === null) {
      this.waiting.push({ ranked: next, quota, keptFor: this.#keptFor(job) });
      if (quota === null && job.slots <= this.slots.largest) this.#makeRoom(next);
      return;
    }
    ledger.charge(job);
    this.dispatch.push({ jobId: job.id, workerId: place.worker.id, tier });
    const { id: jobId, team, user, method, pool, slots, maxRunSeconds } = job;
    const shape = { jobId, team, user, method, pool, slots, maxRunSeconds, tier, workerId: place.worker.id };
    this.held.push({ ...shape, fence: 0, state: 'dispatched', startedAt: now, savedAt: null });
  }

  /** The jobs for whom slots are kept that would be enough for this one. */
  #keptFor(job: QueuedJob): readonly string[] | null {
    if (!this.slots.hasKept || job.slots > this.slots.free) return null;
    return this.slots.workers.find((state) => state.kept > 0 && state.free >= job.slots)?.keptFor ?? null;
  }

  #makeRoom(next: RankedJob): void {
    const { now, medians, policy } = this.#pass;
    const { job } = next;
    const isHead = !this.#isHeadKnown;
    this.#isHeadKnown = true;
    if (this.#takeFromOthers(next)) return;
    if (isHead && job.slots > 1 && now - job.waitingSince >= 1000 * policy.reserveAfterSeconds) {
      const kept = reserve(job, this.slots, this.held, now, medians);
      if (kept !== null) this.reservations.push(kept);
    }
  }

  /** Waits for slots that are being freed, or preempts; the slots are kept for the job either way. */
  #takeFromOthers(next: RankedJob): boolean {
    const { job, tier } = next;
    if (!mayPreempt(next, this.#pass)) return false;
    const claim = `${tier} ${job.team} ${job.slots} ${job.avoidWorker ?? ''}`;
    if (this.#hopeless.has(claim)) return false;
    const scene: PreemptionScene = { ...this.#pass, pool: this.slots, held: this.held };
    const freeing = this.slots.candidates(job).find((state) => state.freeing > 0 && roomOf(state) >= job.slots);
    const choice = freeing === undefined ? chooseVictims(next, scene) : { state: freeing, victims: [] };
    if (choice === null) {
      this.#hopeless.add(claim);
      return false;
    }
    this.#keepFreed(job, choice.state, choice.victims);
    return true;
  }

  #keepFreed(job: QueuedJob, state: WorkerState, victims: readonly HeldSlots[]): void {
    const { ledger, now, policy } = this.#pass;
    for (const victim of victims) {
      this.preempt.push({ jobId: victim.jobId, fence: victim.fence, workerId: state.worker.id, forJobId: job.id });
      this.held[this.held.indexOf(victim)] = { ...victim, state: 'stopping' };
      state.freeing += victim.slots;
    }
    const freeThen = state.free + state.freeing;
    this.reservations.push(this.slots.keep(state, job, now + 1000 * policy.graceSeconds, freeThen));
    ledger.promise(job);
  }
}
