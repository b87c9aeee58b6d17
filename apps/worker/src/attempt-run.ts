import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { CrucibleError, type EndCode, type FromChild, type Progress, type Slot } from '@crucible/contracts';
import type { AttemptFence, ClaimedJob, Store } from '@crucible/store';
import type { Logger } from 'pino';
import { type Child, forkChild } from './executor/fork.ts';
import { type AttemptEnd, type LastMessage, outcomeOf, type StopCause } from './executor/outcome.ts';
import { CANCEL_TIMES, stopChild } from './executor/stop-ladder.ts';
import { createRecorder, type Retry } from './recorder.ts';
import { restore } from './restore.ts';
import { retrying } from './retrying.ts';
import type { StateFolder } from './state-folder.ts';

const SIGTERM_MS = 1000;

/** An attempt that this worker has claimed, until its end is stored. */
export interface AttemptRun extends AttemptFence {
  readonly jobId: string;
  /** last step that the method reported */
  readonly step: number;
  readonly progress: Progress | null;
  /**
   * `cancel` and `release` ask the child to stop and end it when it does not; `fenced` ends it at once and stores
   * nothing more.
   */
  stop(cause: StopCause): void;
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
  engine: { name: string; threads: number };
  dataDir: string;
  /** time that a child gets for a last checkpoint when it is asked to release its job */
  graceMs: number;
}

/** Environment that binds a child to its slot and keeps its threads from spinning. */
export function slotEnv(slot: Slot, threads: number): Record<string, string> {
  return {
    CUDA_VISIBLE_DEVICES: slot.kind === 'gpu' ? String(slot.index) : '',
    TF_FORCE_GPU_ALLOW_GROWTH: 'true',
    OMP_NUM_THREADS: String(threads),
    OMP_DYNAMIC: 'false',
    OMP_WAIT_POLICY: 'passive',
  };
}

/** Runs a claimed attempt: restores its checkpoint, forks its child, records what it says and stores how it ended. */
export function startAttempt(claimed: ClaimedJob, slot: Slot, parts: AttemptRunParts): AttemptRun {
  const { store, state, engine } = parts;
  const { attemptId, fence, jobId } = claimed;
  const mine: AttemptFence = { attemptId, fence };
  const log = parts.log.child({ job: jobId, attempt: attemptId, fence });
  const writes = new AbortController();
  const retry: Retry = (action) => retrying(action, { signal: writes.signal, onWait });
  const spoolDir = state.spoolOf(attemptId);
  let child: Child | null = null;
  let asked: StopCause | null = null;
  let fault: { endCode: EndCode; detail: string } | null = null;
  let last: LastMessage | null = null;
  let step = claimed.resume?.manifest.step ?? 0;
  let progress: Progress | null = null;

  function onWait(error: unknown, waitMs: number): void {
    log.warn({ err: error, waitMs }, 'the store does not answer; the child goes on');
  }

  const stop = (cause: StopCause): void => {
    // From here on only a stronger cause counts: fenced over cancel over release.
    if (asked === 'fenced' || asked === cause || (asked === 'cancel' && cause === 'release')) return;
    asked = cause;
    log.info({ cause }, 'stopping');
    if (cause === 'fenced') {
      writes.abort(new CrucibleError('stale-fence', 'The attempt no longer owns its job.'));
      child?.signal('SIGKILL');
    } else if (child !== null) askToStop(child, cause);
  };
  const askToStop = (running: Child, cause: 'cancel' | 'release') =>
    stopChild(running, cause, cause === 'cancel' ? CANCEL_TIMES : { messageMs: parts.graceMs, termMs: SIGTERM_MS });

  const onFault = (error: unknown): void => {
    if (asked === 'fenced' || fault !== null) return;
    if (error instanceof CrucibleError && error.code === 'stale-fence') {
      stop('fenced');
      return;
    }
    log.error({ err: error }, 'what the child reports cannot be stored');
    const isMethodsFault =
      error instanceof CrucibleError &&
      ['too-many-series', 'invalid-request', 'payload-too-large'].includes(error.code);
    fault = { endCode: isMethodsFault ? 'method-error' : 'infrastructure', detail: messageOf(error) };
    child?.signal('SIGKILL');
  };

  const recorder = createRecorder({ store, fence: mine, signal: writes.signal, onWait, onFault });
  const say = (level: 'info' | 'warn' | 'error', message: string, fields: Record<string, unknown> | null = null) =>
    recorder.log({ timeMs: Date.now(), level, message, fields });

  const onMessage = (message: FromChild): void => {
    switch (message.kind) {
      case 'ready':
        retry(() => store.attempts.setEngine(mine, message.engine)).catch(onFault);
        return;
      case 'metrics':
        recorder.metrics(message.points);
        step = message.points.reduce((most, point) => Math.max(most, point.step), step);
        return;
      case 'log':
        recorder.log({
          timeMs: message.timeMs,
          level: message.level,
          message: message.message,
          fields: message.fields,
        });
        return;
      case 'progress':
        progress = message.progress;
        step = Math.max(step, message.step);
        return;
      case 'checkpoint':
        recorder.checkpoint(message.manifest, message.dir);
        step = Math.max(step, message.manifest.step);
        return;
      case 'artifact':
        recorder.artifact(message.name, message.mediaType, message.path);
        return;
      case 'done':
      case 'stopped':
        last = message;
        return;
      case 'failed':
        last = message;
        say('error', message.message, { endCode: message.endCode, stack: message.stack });
    }
  };

  /** Runs the child to its end. */
  const execute = async (): Promise<AttemptEnd> => {
    await mkdir(spoolDir, { recursive: true });
    const resume = await restore(
      claimed.resume === null ? null : { id: claimed.resume.checkpointId, manifest: claimed.resume.manifest },
      {
        checkpoints: store.checkpoints,
        jobId,
        dir: join(spoolDir, 'resume'),
        retry,
        onCorrupt: ({ id, manifest }, error) => {
          log.error({ err: error, checkpoint: id }, 'a stored checkpoint is corrupt');
          say('error', `The checkpoint at step ${manifest.step} is corrupt: ${error.message} The one before is tried.`);
        },
      },
    );
    const resumedStep = resume?.manifest.step ?? null;
    if (resumedStep !== (claimed.resume?.manifest.step ?? null)) {
      await retry(() => store.attempts.markResumed(mine, resumedStep));
      step = resumedStep ?? 0;
    }
    if (asked !== null || fault !== null) return outcomeOf(null, NOT_STARTED, asked);
    const running = forkChild({
      module: parts.childModule,
      env: { ...parts.childEnv, ...slotEnv(slot, engine.threads) },
      onMessage,
      onLine: (stream, line) => say(stream === 'stderr' ? 'warn' : 'info', line, { stream }),
      onMisfit: (message) =>
        onFault(new Error(`the child sent a message that does not fit: ${JSON.stringify(message)}`)),
    });
    child = running;
    if (running.pid !== undefined) await state.noteChild(attemptId, running.pid);
    log.info({ pid: running.pid, slot: slot.index, resumedStep }, 'child started');
    say(
      'info',
      resumedStep === null ? 'Attempt started.' : `Attempt started from the checkpoint at step ${resumedStep}.`,
    );
    running.send({
      kind: 'start',
      jobId,
      attempt: claimed.number,
      method: claimed.method,
      config: claimed.config,
      seed: claimed.seed,
      dataDir: parts.dataDir,
      spoolDir,
      engine,
      resume,
    });
    if (asked === 'cancel' || asked === 'release') askToStop(running, asked); // asked while the note was written
    if (asked === 'fenced' || fault !== null) running.signal('SIGKILL');
    const exit = await running.exit;
    log.info({ code: exit.code, signal: exit.signal, last: last?.kind ?? null }, 'child ended');
    return outcomeOf(last, exit, asked);
  };

  /** Stores the end, after everything that came before it. */
  const storeEnd = async (end: AttemptEnd): Promise<void> => {
    if (end.kind === 'dropped') return;
    const streams = await recorder.flushed().catch((error) => {
      onFault(error);
      return { metrics: 0, logs: 0 };
    });
    if (asked === 'fenced') return;
    if (fault !== null) {
      const failure = { ...mine, outcome: 'failed' as const, summary: null, streams, ...fault };
      await retry(() => store.attempts.finish(failure));
    } else if (end.kind === 'release') {
      await retry(() => store.attempts.release(mine));
    } else {
      const { outcome, endCode, detail, summary } = end;
      await retry(() => store.attempts.finish({ ...mine, outcome, endCode, detail, summary, streams }));
    }
  };

  const run = async (): Promise<void> => {
    try {
      const end = await execute().catch((error): AttemptEnd => {
        onFault(error);
        return asked === 'fenced' ? { kind: 'dropped' } : failedEnd(error);
      });
      await storeEnd(end);
      log.info({ end: fault ?? end.kind }, 'attempt ended');
    } catch (error) {
      if (asked !== 'fenced')
        log.error({ err: error }, 'the end of the attempt could not be stored; its lease will run out');
    } finally {
      writes.abort(new Error('the attempt has ended'));
      await state.forget(attemptId).catch((error) => log.warn({ err: error }, 'the spool could not be removed'));
    }
  };

  return {
    attemptId,
    fence,
    jobId,
    get step() {
      return step;
    },
    get progress() {
      return progress;
    },
    stop,
    ended: run(),
  };
}

const NOT_STARTED = { code: null, signal: null, startError: null, lastWords: '' };

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const failedEnd = (error: unknown): AttemptEnd => ({
  kind: 'finish',
  outcome: 'failed',
  endCode: 'infrastructure',
  detail: messageOf(error),
  summary: null,
});
