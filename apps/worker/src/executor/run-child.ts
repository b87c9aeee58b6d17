import {
  type EndCode,
  type EngineInfo,
  type Fault,
  type FromChild,
  faultsOf,
  type MethodDescriptor,
  resolve,
} from '@crucible/contracts';
import { DataError, type Method, NonFiniteError, readStructures, Stopped, type StopRequest } from '@crucible/methods';
import { type ChildContext, createContext, type StartMessage } from './context.ts';
import { saysOutOfMemory } from './out-of-memory.ts';
import type { ParentLink } from './parent-link.ts';
import { readCheckpoint, SpoolError } from './spool.ts';

/** A method with its descriptor. */
export interface RunnableMethod {
  descriptor: MethodDescriptor;
  method: Method<never, unknown>;
}

export interface ChildParts {
  link: ParentLink;
  /** undefined for an unknown id */
  methodOf: (id: string) => RunnableMethod | undefined;
  loadEngine: (engine: StartMessage['engine']) => Promise<EngineInfo>;
}

/** The engine that the worker named cannot be loaded here. */
class EngineError extends Error {
  constructor(message: string, options: { cause: unknown }) {
    super(message, options);
    this.name = 'EngineError';
  }
}

/**
 * Waits for the start message, runs the method of the attempt and reports how it ended. Never rejects; resolves when
 * every message has left this process.
 */
export async function runChild({ link, methodOf, loadEngine }: ChildParts): Promise<void> {
  let stop: StopRequest = 'no';
  const hold = createHold();
  let context: ChildContext | undefined;
  const started = new Promise<StartMessage>((resolve) =>
    link.onMessage((message) => {
      if (message.kind === 'start') resolve(message);
      else if (message.kind === 'hold') hold.set(message.isHeld && stop === 'no');
      else {
        if (stop !== 'cancel') stop = message.reason; // a cancel is never taken back
        hold.set(false);
      }
    }),
  );
  const run = async (): Promise<FromChild> => {
    const start = await started;
    const runnable = methodOf(start.method);
    if (runnable === undefined)
      throw new Error(`this worker has no method "${start.method}"; is it older than the API?`);
    const { descriptor, method } = runnable;
    const complete = configOf(descriptor, start.config);
    const engine = await loadEngine(start.engine).catch((cause: Error) => {
      throw new EngineError(cause.message, { cause });
    });
    link.send({ kind: 'ready', engine });
    const resumeFrom = start.resume === null ? null : await readCheckpoint(start.resume.manifest, start.resume.dir);
    context = createContext({
      start,
      engine,
      descriptor,
      link,
      resumeFrom,
      stopRequest: () => stop,
      released: hold.released,
    });
    const config = await readStructures(complete, context.input);
    const summary = await method.run(config as never, context);
    const faults = faultsOf(descriptor.summary, summary);
    if (faults.length > 0) throw new Error(`the summary of ${descriptor.id} does not fit: ${told(faults)}`);
    return { kind: 'done', summary };
  };
  const last = await run().catch((error): FromChild => {
    if (error instanceof Stopped && stop !== 'no') return { kind: 'stopped' };
    return failureOf(error);
  });
  context?.flush();
  link.send(last);
  await link.drained(0);
}

const told = (faults: readonly Fault[]): string =>
  faults.map(({ pointer, message }) => `${pointer} ${message}`).join('; ');

/** The config as this version of the method knows it: what has been added since the job was submitted has its default. */
function configOf(descriptor: MethodDescriptor, stored: unknown): unknown {
  const { value, faults } = resolve(descriptor.config, stored);
  if (value !== null) return value;
  throw new Error(
    `the config was made by another version of ${descriptor.id} and does not fit this one: ${told(faults)}; submit it again`,
  );
}

/** Whether the worker wants the method to wait before its next step. */
function createHold(): { set(isHeld: boolean): void; released(): Promise<void> } {
  let isHeld = false;
  let waiting: (() => void)[] = [];
  return {
    set(value) {
      isHeld = value;
      if (isHeld) return;
      for (const resolve of waiting) resolve();
      waiting = [];
    },
    released: () => (isHeld ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve()),
  };
}

/** The message for an error that ended the attempt. */
export function failureOf(error: unknown): FromChild {
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  return { kind: 'failed', endCode: endCodeOf(error), message, stack: stack ?? '' };
}

function endCodeOf(error: unknown): EndCode {
  if (error instanceof EngineError) return 'engine-unavailable';
  if (error instanceof DataError) return 'data-error';
  if (error instanceof NonFiniteError) return 'non-finite';
  if (error instanceof SpoolError) return 'infrastructure';
  return saysOutOfMemory(String(error)) ? 'out-of-memory' : 'method-error';
}
