import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  CrucibleError,
  type EngineInfo,
  type EngineRequest,
  type ErrorCode,
  type Progress,
  type Slot,
} from '@crucible/contracts';
import type { AttemptFence, ClaimedJob, Store } from '@crucible/store';
import type { Logger } from 'pino';
import { createAttemptControl } from './attempt-control.ts';
import { createChildReports } from './child-reports.ts';
import { engineChange } from './engine-change.ts';
import { forkChild } from './executor/fork.ts';
import { type AttemptEnd, type ChildExit, outcomeOf, type StopCause } from './executor/outcome.ts';
import { INPUTS_FOLDER } from './executor/spool.ts';
import type { StopTimes } from './executor/stop-ladder.ts';
import { fetchInputs } from './inputs.ts';
import { createLeaseClock } from './lease-clock.ts';
import { createRecorder, type Retry } from './recorder.ts';
import { type RestoredCheckpoint, restore } from './restore.ts';
import { retrying } from './retrying.ts';
import { slotEnv } from './slot-env.ts';
import type { SpoolBudget } from './spool-budget.ts';
import { createStallWatch, type StallWatch } from './stall-watch.ts';
import type { StateFolder } from './state-folder.ts';

/** An attempt that this worker has claimed, until its end is stored. */
export interface AttemptRun extends AttemptFence {
  readonly jobId: string;
  /** last step that the method reported */
  readonly step: number;
  readonly progress: Progress | null;
  /** Age of the oldest point that waits to be stored, in milliseconds; 0 when none does. */
  ingestLagMs(): number;
  /**
   * Asks the child to stop, and ends it when it does not within `times`; `kill` and `fenced` end it at once, and
   * `fenced` stores nothing more.
   */
  stop(cause: StopCause, times?: StopTimes): void;
  /** A heartbeat that was sent at this time of `performance.now()` has renewed the lease. */
  renew(sentAtMs: number): void;
  /** Resolves when nothing is left to do. Never rejects. */
  readonly ended: Promise<void>;
}

export interface AttemptRunParts {
  store: Pick<Store, 'attempts' | 'metrics' | 'logs' | 'checkpoints' | 'artifacts'>;
  state: StateFolder;
  log: Logger;
  /** program of the child */
  childModule: URL;
  childEnv: Readonly<Record<string, string>>;
  engine: EngineRequest;
  dataDir: string;
  leaseMs: number;
  budget: SpoolBudget;
}

/** Refusals that a next attempt would meet again. */
const INPUT_FAULTS: readonly ErrorCode[] = ['not-found', 'checkpoint-corrupt'];

const NEVER_STARTED: ChildExit = { code: null, signal: null, startError: null, lastWords: '', isOomKill: false };

/**
 * Runs a claimed attempt: restores its checkpoint, forks its child, records what it says and stores how it ended.
 *
 * @param claimedAtMs `performance.now()` before the claim, from when the lease counts
 */
export function startAttempt(
  claimed: ClaimedJob,
  slots: readonly Slot[],
  parts: AttemptRunParts,
  claimedAtMs: number = performance.now(),
): AttemptRun {
  const { store, state, budget } = parts;
  const { attemptId, fence, jobId, number } = claimed;
  const mine: AttemptFence = { attemptId, fence };
  const spoolDir = state.spoolOf(attemptId);
  const log = parts.log.child({ job: jobId, attempt: attemptId, fence });
  const control = createAttemptControl(log);
  const lease = createLeaseClock(parts.leaseMs, claimedAtMs);
  const onWait = (error: unknown, waitMs: number) =>
    log.warn({ err: error, waitMs }, 'the store does not answer; the child goes on');
  const retry: Retry = (action) =>
    retrying(
      async () => {
        await lease.held(control.writes);
        return action();
      },
      { signal: control.writes, onWait },
    );
  const recorder = createRecorder({ store, fence: mine, retry, spoolDir, budget, onFault: control.fail });
  let resumedOn: EngineInfo | null = null;
  let stall: StallWatch | null = null;
  const onEngine = (engine: EngineInfo): void => {
    const change = resumedOn && engineChange(resumedOn, engine);
    if (change !== null) reports.say('warn', change);
    retry(() => store.attempts.setEngine(mine, engine)).catch(control.fail);
  };
  const reports = createChildReports(recorder, claimed.resume?.manifest.step ?? 0, onEngine, () => stall?.moved());

  const fetchCheckpoint = async (): Promise<RestoredCheckpoint | null> => {
    const first = claimed.resume;
    const restored = await restore(first, {
      checkpoints: store.checkpoints,
      jobId,
      dir: join(spoolDir, 'resume'),
      retry,
      onCorrupt: ({ id, manifest }, error) => {
        log.error({ err: error, checkpoint: id }, 'a stored checkpoint is corrupt');
        reports.say(
          'error',
          `The checkpoint at step ${manifest.step} is corrupt, the one before is tried: ${error.message}`,
        );
      },
    });
    if (restored?.id !== first?.id)
      await retry(() => store.attempts.markResumed(mine, restored?.manifest.step ?? null, restored?.id ?? null));
    return restored;
  };

  const runChild = async (resume: RestoredCheckpoint | null): Promise<ChildExit> => {
    const child = forkChild({
      module: parts.childModule,
      env: { ...parts.childEnv, ...slotEnv(slots, parts.engine.threads) },
      onMessage: reports.take,
      onLine: (stream, line) => reports.say(stream === 'stderr' ? 'warn' : 'info', line, { stream }),
      onMisfit: (message) =>
        control.fail(new Error(`the child sent a message that does not fit: ${JSON.stringify(message)}`)),
    });
    if (child.pid !== undefined) await state.noteChild(attemptId, child.pid);
    log.info(
      { pid: child.pid, slots: slots.map(({ index }) => index), resumedStep: resume?.manifest.step ?? null },
      'child started',
    );
    const { method, config, seed } = claimed;
    const { dataDir } = parts;
    const engine = claimed.precision === null ? parts.engine : { ...parts.engine, precision: claimed.precision };
    resumedOn = resume?.engine ?? null;
    const from = resume && { manifest: resume.manifest, dir: resume.dir };
    child.send({
      kind: 'start',
      jobId,
      attempt: number,
      method,
      config,
      seed,
      dataDir,
      spoolDir,
      engine,
      resume: from,
    });
    control.attach(child);
    stall = createStallWatch(claimed.limits.stallSeconds, (seconds) =>
      control.fail(new Error(`There was no new step for ${seconds} seconds (limits.stallSeconds).`), 'stalled'),
    );
    const hold = (isHeld: boolean): void => {
      if (isHeld) log.warn({ bytes: budget.bytes }, 'the spool is full; the child waits until the store takes more');
      child.send({ kind: 'hold', isHeld });
      stall?.hold(isHeld);
    };
    if (budget.isFull) hold(true);
    const unwatch = budget.watch(hold);
    const exit = await child.exit;
    unwatch();
    stall.close();
    return exit;
  };

  /** Runs the child to its end, unless the attempt is to stop before it has begun. */
  const execute = async (): Promise<AttemptEnd> => {
    await mkdir(spoolDir, { recursive: true });
    const resume = await fetchCheckpoint();
    await fetchInputs(claimed.config, { ...store, dir: join(spoolDir, INPUTS_FOLDER), retry }).catch((error) => {
      const isGone = error instanceof CrucibleError && INPUT_FAULTS.includes(error.code);
      control.fail(error, isGone ? 'data-error' : undefined);
      throw error;
    });
    if (control.asked !== null) return outcomeOf(null, NEVER_STARTED, control.asked);
    const from = resume === null ? 'from the beginning' : `from the checkpoint at step ${resume.manifest.step}`;
    reports.say('info', `Attempt ${number} starts ${from}.`);
    const exit = await runChild(resume);
    log.info({ code: exit.code, signal: exit.signal, last: reports.last?.kind ?? null }, 'child ended');
    return outcomeOf(reports.last, exit, control.asked);
  };

  /** Stores how the attempt ended, after everything that came before. A fault goes over what the child said. */
  const storeEnd = async (end: AttemptEnd | null): Promise<void> => {
    if (end?.kind === 'dropped') return;
    const streams = await recorder.flushed().catch((error) => {
      control.fail(error);
      return { metrics: 0, logs: 0 };
    });
    if (control.asked === 'fenced') return;
    const { fault } = control;
    if (fault !== null)
      await retry(() => store.attempts.finish({ ...mine, ...fault, outcome: 'failed', summary: null, streams }));
    else if (end?.kind === 'release') await retry(() => store.attempts.release(mine));
    else if (end !== null) {
      const { outcome, endCode, detail, summary } = end;
      await retry(() => store.attempts.finish({ ...mine, outcome, endCode, detail, summary, streams }));
    }
  };

  const run = async (): Promise<void> => {
    try {
      const end = await execute().catch((error) => {
        control.fail(error);
        return null;
      });
      await storeEnd(end);
      log.info({ end: end?.kind, ...control.fault }, 'attempt ended');
    } catch (error) {
      if (control.asked !== 'fenced')
        log.error({ err: error }, 'the end of the attempt could not be stored; its lease will run out');
    } finally {
      control.close();
      recorder.close();
      await state.forget(attemptId).catch((error) => log.warn({ err: error }, 'the spool could not be removed'));
    }
  };

  const ended = run();
  return {
    attemptId,
    fence,
    jobId,
    get step() {
      return reports.step;
    },
    get progress() {
      return reports.progress;
    },
    stop: control.stop,
    renew: lease.renew,
    ingestLagMs: recorder.ingestLagMs,
    ended,
  };
}
