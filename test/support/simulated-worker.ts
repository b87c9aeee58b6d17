import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { DispatchMessage, Slot } from '@crucible/contracts';
import { CHANNELS, type ClaimedJob, type HeartbeatCommand, type NewWorker, type Store } from '@crucible/store';
import { createSlotPool, silentLog, startConsumer } from '@crucible/worker/testing';
import { testRedisUrl } from './running-api.ts';
import { newWorker } from './running-attempt.ts';
import { prepare, upload } from './stored-checkpoints.ts';

const BEAT_MS = 1000;
const STEP_MS = 5;

/** What a simulated method does; the `config` of its job. */
export interface SimulatedConfig {
  steps: number;
  /** steps between two checkpoints; 0: only when it is asked to stop */
  checkpointEach: number;
  /** whether it ends with an error of the method, after its last step */
  isFailing?: boolean;
}

/** The state of a simulated training after so many steps: each depends on all before it, as with real weights. */
export function stateAfter(seed: number, steps: number, from = 0, state: Uint8Array = seedState(seed)): Uint8Array {
  let now = state;
  for (let step = from; step < steps; step++) now = createHash('sha256').update(now).update(String(step)).digest();
  return now;
}

function seedState(seed: number): Uint8Array {
  return createHash('sha256').update(`seed ${seed}`).digest();
}

/** The summary with which a job of this seed and length ends, however often it was interrupted. */
export const summaryOf = (seed: number, steps: number) => ({
  state: Buffer.from(stateAfter(seed, steps)).toString('hex'),
});

/** A worker without tensors: it registers, beats, claims, computes, writes checkpoints and obeys as a real one does. */
export interface SimulatedWorker {
  readonly id: string;
  readonly name: string;
  /** attempts that it runs now */
  readonly running: number;
  /** attempts that it has started so far */
  readonly started: number;
  /** Gives what it runs back and deregisters. */
  stop(): Promise<void>;
  /** Vanishes as a killed process does: nothing is given back and nobody is told. */
  kill(): Promise<void>;
}

export interface SimulatedWorkerOptions {
  store: Store;
  pool: string;
  /** @defaultValue 1 */
  slots?: number;
  name?: string;
  /** time of one step @defaultValue 5 */
  stepMs?: number;
  redisUrl?: string;
  /** that of a registration which went before, for a worker that is known before it takes anything */
  bootId?: string;
  /** time between two heartbeats @defaultValue 1000 */
  beatMs?: number;
  /** what a job of a real method is to do here @defaultValue the config of the job */
  configOf?: (claimed: ClaimedJob) => SimulatedConfig;
}

/** An attempt in its worker. */
interface Run {
  claimed: ClaimedJob;
  step: number;
  /** why it is to stop; null: it is not */
  asked: HeartbeatCommand['command'] | null;
}

const ENDS = {
  preempt: { outcome: 'preempted', endCode: 'preempted' },
  pause: { outcome: 'paused', endCode: 'paused' },
  cancel: { outcome: 'canceled', endCode: 'canceled' },
  kill: { outcome: 'canceled', endCode: 'canceled' },
} as const;

/** Starts a simulated worker. */
export async function startSimulatedWorker(options: SimulatedWorkerOptions): Promise<SimulatedWorker> {
  const { store, pool, slots: numSlots = 1, stepMs = STEP_MS, beatMs = BEAT_MS, redisUrl = testRedisUrl() } = options;
  const { configOf = ({ config }) => config as SimulatedConfig } = options;
  const all: Slot[] = Array.from({ length: numSlots }, (_, index) => ({
    index,
    kind: 'cpu',
    model: 'test',
    memoryMib: null,
  }));
  const identity: NewWorker = newWorker({
    pool,
    slots: all,
    ...(options.name === undefined ? {} : { name: options.name }),
    ...(options.bootId === undefined ? {} : { bootId: options.bootId }),
  });
  const { workerId } = await store.workers.register(identity);
  const slots = createSlotPool(all);
  const runs = new Map<string, Run>();
  const ended = new Set<Promise<void>>();
  let numStarted = 0;
  let isDead = false;

  const save = async ({ claimed, step }: Run, state: Uint8Array): Promise<void> => {
    await upload(store, claimed, prepare(step, [state], { step }));
  };

  const restore = async ({ resume }: ClaimedJob): Promise<{ step: number; state: Uint8Array } | null> => {
    const [hash] = resume?.manifest.tensors[0]?.chunks ?? [];
    if (resume === null || hash === undefined) return null;
    return { step: resume.manifest.step, state: await store.checkpoints.readChunk(hash) };
  };

  const compute = async (run: Run): Promise<void> => {
    const { claimed } = run;
    const config = configOf(claimed);
    const from = await restore(claimed);
    let state = from?.state ?? seedState(claimed.seed);
    run.step = from?.step ?? 0;
    while (run.step < config.steps && run.asked === null && !isDead) {
      await delay(stepMs);
      state = stateAfter(claimed.seed, run.step + 1, run.step, state);
      run.step += 1;
      if (config.checkpointEach > 0 && run.step % config.checkpointEach === 0) await save(run, state);
    }
    if (isDead || run.asked === 'fenced') return;
    const end = { attemptId: claimed.attemptId, fence: claimed.fence, detail: null, streams: { metrics: 0, logs: 0 } };
    if (run.step === config.steps && config.isFailing === true) {
      const detail = 'it was asked to fail';
      await store.attempts.finish({ ...end, outcome: 'failed', endCode: 'method-error', detail, summary: null });
      return;
    }
    if (run.step === config.steps) {
      const summary = { state: Buffer.from(state).toString('hex') };
      await store.attempts.finish({ ...end, outcome: 'succeeded', endCode: 'ok', summary });
      return;
    }
    const { asked } = run;
    if (asked === 'preempt' || asked === 'pause' || asked === 'drain') await save(run, state);
    if (asked === 'drain') await store.attempts.release(claimed);
    else if (asked !== null && asked !== 'none') await store.attempts.finish({ ...end, ...ENDS[asked], summary: null });
  };

  const start = (claimed: ClaimedJob, held: readonly Slot[]): void => {
    numStarted += 1;
    const run: Run = { claimed, step: 0, asked: null };
    runs.set(claimed.attemptId, run);
    const end = compute(run)
      // Fenced while it wrote, or the store is closed under it: either way the attempt is no longer its own.
      .catch(() => {})
      .finally(() => {
        runs.delete(claimed.attemptId);
        slots.release(held);
        ended.delete(end);
      });
    ended.add(end);
  };

  const beat = async (): Promise<void> => {
    if (isDead) return;
    const attempts = [...runs.values()].map(({ claimed: { attemptId, fence }, step }) => ({
      attemptId,
      fence,
      step,
      progress: null,
    }));
    const commands = await store.attempts.heartbeat({ workerId, eventLoopLagMs: 0, spoolBytes: 0, attempts });
    for (const { attemptId, command } of commands) {
      const run = runs.get(attemptId);
      if (run !== undefined && command !== 'none') run.asked = command;
    }
  };
  const beatQuietly = () => void beat().catch(() => {}); // the next beat tries again
  const beats = setInterval(beatQuietly, beatMs);
  const listener = await store.listen(CHANNELS.cancels, beatQuietly);
  const claim = async ({ attemptId, fence }: DispatchMessage, held: readonly Slot[]): Promise<ClaimedJob | null> =>
    isDead ? null : store.attempts.claim({ attemptId, fence, workerId, slots: held.map(({ index }) => index) });
  const consumer = startConsumer({ redisUrl, workerName: identity.name, slots, claim, start, log: silentLog() });

  const leave = async (): Promise<void> => {
    clearInterval(beats);
    await consumer.stop();
    await Promise.all(ended);
    await listener.close();
  };
  return {
    id: workerId,
    name: identity.name,
    get running() {
      return runs.size;
    },
    get started() {
      return numStarted;
    },
    async stop() {
      for (const run of runs.values()) run.asked ??= 'drain';
      await leave();
      await store.workers.deregister(workerId);
    },
    async kill() {
      isDead = true;
      await leave();
    },
  };
}
