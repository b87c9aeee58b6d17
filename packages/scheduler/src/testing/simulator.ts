import { plan } from '../plan.ts';
import { POLICY, type SchedulingPolicy } from '../policy.ts';
import type { HeldSlots, Plan, QueuedJob, Snapshot, TeamShare, WorkerSlots } from '../snapshot.ts';

const START = Date.parse('2030-01-01T00:00:00Z');

/** A job of a trace; times are seconds from the start of the simulation. */
export interface SimulatedJob {
  job: Omit<QueuedJob, 'submittedAt' | 'waitingSince' | 'notBefore'>;
  submitAt: number;
  /** what it needs to run to its end; a preempted one goes on where it stopped */
  runSeconds: number;
}

/** How a job fared. */
export interface Fate {
  id: string;
  team: string;
  submitAt: number;
  firstStartAt: number;
  endAt: number;
  numPreemptions: number;
}

export interface SimulatorOptions {
  workers: readonly WorkerSlots[];
  teams: readonly TeamShare[];
  policy?: SchedulingPolicy;
  medianRunSeconds?: Readonly<Record<string, number>>;
  /** time that a victim takes to stop */
  stopSeconds?: number;
  /** longest time between two passes while a job waits @defaultValue 30 */
  tickSeconds?: number;
  /** looks at every pass, to test what must always hold */
  onPass?: (snapshot: Snapshot, now: number, plan: Plan) => void;
}

interface Live {
  held: HeldSlots;
  source: SimulatedJob;
  endsAt: number;
}

interface Waiting {
  queued: QueuedJob;
  source: SimulatedJob;
}

/**
 * A cluster on a simulated clock: jobs arrive, run, are stopped and end, and the scheduler's own `plan` decides.
 * It knows nothing of the store; it keeps only the columns that a snapshot has.
 */
export class Simulator {
  now = 0;
  readonly fates = new Map<string, Fate>();
  /** slot-seconds that each team has used so far, without decay */
  readonly used = new Map<string, number>();
  /** jobs that are on a worker now */
  readonly live = new Map<string, Live>();
  readonly waiting = new Map<string, Waiting>();
  readonly #shares = new Map<string, number>();
  readonly #left = new Map<string, number>();
  readonly #options: SimulatorOptions;
  readonly #policy: SchedulingPolicy;
  #trace: SimulatedJob[] = [];

  constructor(options: SimulatorOptions) {
    this.#options = options;
    this.#policy = options.policy ?? POLICY;
    for (const { id, usedSlotSeconds } of options.teams) this.#shares.set(id, usedSlotSeconds);
  }

  /** Adds jobs to the trace. */
  submit(...jobs: readonly SimulatedJob[]): void {
    this.#trace = [...this.#trace, ...jobs].sort((a, b) => a.submitAt - b.submitAt);
  }

  /** Runs until a time, or until nothing is left to do. */
  run(untilSeconds = Number.POSITIVE_INFINITY): void {
    this.#pass();
    while (this.now < untilSeconds && this.#trace.length + this.waiting.size + this.live.size > 0) {
      const ends = [...this.live.values()].map(({ endsAt }) => endsAt);
      const arrival = this.#trace[0]?.submitAt ?? Number.POSITIVE_INFINITY;
      const tick = this.waiting.size > 0 ? this.now + (this.#options.tickSeconds ?? 30) : Number.POSITIVE_INFINITY;
      this.#advance(Math.min(untilSeconds, tick, arrival, ...ends));
      this.#pass();
    }
  }

  snapshot(): Snapshot {
    const { workers, teams, medianRunSeconds = {} } = this.#options;
    return {
      jobs: [...this.waiting.values()].map(({ queued }) => queued),
      blocked: [],
      held: [...this.live.values()].map(({ held }) => held),
      workers,
      teams: teams.map((team) => ({ ...team, usedSlotSeconds: this.#shares.get(team.id) ?? 0 })),
      medianRunSeconds,
    };
  }

  #clock(): number {
    return START + 1000 * this.now;
  }

  /** Moves the clock and charges the use of the time between: `u' = -u ln 2 / h + s` between two events. */
  #advance(to: number): void {
    const seconds = to - this.now;
    const rate = Math.LN2 / this.#policy.halfLifeSeconds;
    const kept = Math.exp(-rate * seconds);
    for (const [team, share] of this.#shares) this.#shares.set(team, share * kept);
    for (const { held } of this.live.values()) {
      this.#shares.set(held.team, (this.#shares.get(held.team) ?? 0) + (held.slots * (1 - kept)) / rate);
      this.used.set(held.team, (this.used.get(held.team) ?? 0) + held.slots * seconds);
      this.#left.set(held.jobId, (this.#left.get(held.jobId) ?? 0) - (held.state === 'stopping' ? 0 : seconds));
    }
    this.now = to;
    for (const [id, { held, source, endsAt }] of this.live) {
      if (endsAt > to) continue;
      this.live.delete(id);
      if (held.state === 'stopping') this.#enqueue(source);
      else (this.fates.get(id) as Fate).endAt = to;
    }
    while (this.#trace[0] !== undefined && this.#trace[0].submitAt <= to) {
      const source = this.#trace.shift() as SimulatedJob;
      const { id, team } = source.job;
      this.#left.set(id, source.runSeconds);
      const never = Number.POSITIVE_INFINITY;
      this.fates.set(id, { id, team, submitAt: source.submitAt, firstStartAt: never, endAt: never, numPreemptions: 0 });
      this.#enqueue(source);
    }
  }

  #enqueue(source: SimulatedJob): void {
    const submittedAt = START + 1000 * source.submitAt;
    const queued = { ...source.job, submittedAt, waitingSince: this.#clock(), notBefore: null };
    this.waiting.set(source.job.id, { queued, source });
  }

  #pass(): void {
    const snapshot = this.snapshot();
    const decided = plan(snapshot, this.#clock(), this.#policy);
    this.#options.onPass?.(snapshot, this.#clock(), decided);
    for (const { jobId, workerId, tier } of decided.dispatch) {
      const { queued, source } = this.waiting.get(jobId) as Waiting;
      this.waiting.delete(jobId);
      const { team, user, method, pool, slots, maxRunSeconds } = queued;
      const shape = { jobId, team, user, method, pool, slots, maxRunSeconds, tier, workerId };
      const held: HeldSlots = { ...shape, fence: 1, state: 'running', startedAt: this.#clock(), savedAt: null };
      this.live.set(jobId, { held, source, endsAt: this.now + (this.#left.get(jobId) ?? 0) });
      const fate = this.fates.get(jobId) as Fate;
      fate.firstStartAt = Math.min(fate.firstStartAt, this.now);
    }
    for (const { jobId } of decided.preempt) {
      const live = this.live.get(jobId) as Live;
      const endsAt = Math.min(live.endsAt, this.now + (this.#options.stopSeconds ?? 10));
      this.live.set(jobId, { ...live, held: { ...live.held, state: 'stopping' }, endsAt });
      (this.fates.get(jobId) as Fate).numPreemptions += 1;
    }
  }
}
