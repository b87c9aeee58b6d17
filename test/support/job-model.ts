import {
  END_CODES,
  type EndCode,
  type JobState,
  type Outcome,
  STOP_INTENTS,
  type StopIntent,
} from '@crucible/contracts';

/** An edge of the model: which other job, by index, and what of its end. */
export interface ModelEdge {
  needs: number;
  on: 'success' | 'end';
  isMet: boolean;
}

/** What a job should be, in a few variables and none of the store's code. */
export interface ModelJob {
  state: JobState;
  endCode: EndCode | null;
  intent: StopIntent | null;
  /** the limit that made it stop */
  limit: EndCode | null;
  attempts: number;
  /** the attempt that is dispatched or running */
  live: 'dispatched' | 'running' | null;
  /** index of the worker that it was sent to */
  worker: number;
  maxFailures: number;
  /** ends since the last retry by a user, by code */
  spent: Map<EndCode, number>;
  /** workers that were lost, or lost their child, since the last retry by a user */
  lostOn: Set<number>;
  edges: ModelEdge[];
}

const isOver = (state: JobState): boolean => state === 'succeeded' || state === 'failed' || state === 'canceled';
const isStronger = (a: StopIntent, b: StopIntent): boolean => STOP_INTENTS.indexOf(a) > STOP_INTENTS.indexOf(b);
const endsForGood = (intent: StopIntent | null): boolean => intent === 'cancel' || intent === 'kill';

/**
 * Jobs that need one another, in memory. Every method returns false when the command must be refused or change nothing.
 */
export class JobModel {
  readonly jobs: ModelJob[] = [];

  submit(edges: ModelEdge[], maxFailures: number, isPaused: boolean): void {
    this.jobs.push({
      state: isPaused ? 'paused' : edges.length > 0 ? 'blocked' : 'queued',
      endCode: null,
      intent: null,
      limit: null,
      attempts: 0,
      live: null,
      worker: 0,
      maxFailures,
      spent: new Map(),
      lostOn: new Set(),
      edges,
    });
  }

  dispatch(job: ModelJob, worker: number): boolean {
    if (job.state !== 'queued' || job.live !== null) return false;
    Object.assign(job, { live: 'dispatched', worker });
    job.attempts += 1;
    return true;
  }

  claim(job: ModelJob, worker: number): boolean {
    if (job.live !== 'dispatched' || job.worker !== worker) return false;
    Object.assign(job, { live: 'running', state: 'running' });
    return true;
  }

  /** The attempt ends, for whatever reason. */
  end(job: ModelJob, outcome: Outcome, code: EndCode): boolean {
    if (job.live !== 'running') return false;
    const isAsked = outcome === 'canceled' || outcome === 'paused' || outcome === 'preempted';
    if (isAsked && job.state !== 'stopping') return false;
    const { intent, limit } = job;
    const earlier = job.spent.get(code) ?? 0;
    job.spent.set(code, earlier + 1);
    const mayPoison = code === 'worker-lost' || code === 'child-killed';
    if (mayPoison) job.lostOn.add(job.worker);
    const budget = code === 'method-error' ? job.maxFailures : END_CODES[code].retries;
    const isSpent = (outcome === 'failed' || outcome === 'lost') && earlier >= budget;
    const stop = (): void =>
      limit === null ? this.finish(job, 'canceled', 'canceled') : this.finish(job, 'failed', limit);
    if (outcome === 'succeeded') this.finish(job, 'succeeded', 'ok');
    else if (endsForGood(intent) && outcome !== 'failed') stop();
    else if (mayPoison && job.lostOn.size >= 3) this.finish(job, 'failed', 'poison');
    else if (isSpent) this.finish(job, 'failed', code);
    else if (endsForGood(intent)) stop();
    else this.stay(job, intent === 'pause' ? 'paused' : 'queued');
    return true;
  }

  pause(job: ModelJob): boolean {
    if (job.state === 'paused') return true;
    if (job.state === 'blocked' || job.state === 'queued') this.stay(job, 'paused');
    else return !endsForGood(job.intent) && this.stop(job, 'pause');
    return true;
  }

  cancel(job: ModelJob): boolean {
    if (job.state === 'canceled') return true;
    if (job.state === 'blocked' || job.state === 'queued' || job.state === 'paused')
      this.finish(job, 'canceled', 'canceled');
    else return this.stop(job, 'cancel');
    return true;
  }

  kill = (job: ModelJob): boolean => job.state === 'canceled' || this.stop(job, 'kill');

  /** The scheduler takes its slots: only from a job that nobody stops. */
  preempt = (job: ModelJob): boolean => job.state === 'running' && this.stop(job, 'preempt');

  resume = (job: ModelJob): boolean => job.state === 'paused' && this.enqueue(job);

  retry(job: ModelJob, isOperator: boolean): boolean {
    if (job.state !== 'failed' && job.state !== 'canceled') return false;
    if (job.endCode === 'poison' && !isOperator) return false;
    if (!this.enqueue(job)) return false;
    job.spent.clear();
    job.lostOn.clear();
    return true;
  }

  queueTimeout(job: ModelJob): boolean {
    if (job.state !== 'queued' || job.live !== null) return false;
    this.finish(job, 'failed', 'queue-timeout');
    return true;
  }

  runTimeout(job: ModelJob): boolean {
    if (job.live !== 'running' || endsForGood(job.intent)) return false;
    this.stop(job, 'cancel');
    job.limit = 'run-timeout';
    return true;
  }

  private stop(job: ModelJob, intent: StopIntent): boolean {
    if (job.state !== 'running' && job.state !== 'stopping') return false;
    if (job.intent === null || isStronger(intent, job.intent))
      Object.assign(job, { state: 'stopping', intent, limit: null });
    return true;
  }

  private stay(job: ModelJob, state: JobState): void {
    Object.assign(job, { state, endCode: null, intent: null, limit: null, live: null });
  }

  private finish(first: ModelJob, firstState: JobState, firstCode: EndCode): void {
    const ended = [{ job: first, state: firstState, endCode: firstCode }];
    // the list grows while it is walked
    for (const { job, state, endCode } of ended) {
      this.stay(job, state);
      job.endCode = endCode;
      const index = this.jobs.indexOf(job);
      for (const dependent of this.jobs) {
        const edge = dependent.edges.find(({ needs, isMet }) => needs === index && !isMet);
        if (edge === undefined || (dependent.state !== 'blocked' && dependent.state !== 'paused')) continue;
        if (edge.on === 'end' || state === 'succeeded') edge.isMet = true;
        if (dependent.state === 'paused') continue;
        if (!edge.isMet) {
          this.stay(dependent, 'failed');
          ended.push({ job: dependent, state: 'failed', endCode: 'dependency-failed' });
        } else if (dependent.edges.every(({ isMet }) => isMet)) this.stay(dependent, 'queued');
      }
    }
  }

  /** Looks at the needs that are open, as they are now. */
  private enqueue(job: ModelJob): boolean {
    const open = job.edges.filter(({ isMet }) => !isMet);
    const stateOf = ({ needs }: ModelEdge): JobState => this.jobs[needs]?.state ?? 'failed';
    if (open.some((edge) => edge.on === 'success' && isOver(stateOf(edge)) && stateOf(edge) !== 'succeeded'))
      return false;
    for (const edge of open) edge.isMet = isOver(stateOf(edge));
    this.stay(job, job.edges.every(({ isMet }) => isMet) ? 'queued' : 'blocked');
    return true;
  }
}
