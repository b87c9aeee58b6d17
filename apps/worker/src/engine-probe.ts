import { EngineInfo, type FromChild } from '@crucible/contracts';
import type { EngineName } from './config.ts';
import { forkChild } from './executor/fork.ts';

/** Loading a GPU library for the first time compiles kernels, which takes long. */
const PROBE_LIMIT_MS = 120_000;

export interface ProbeParts {
  /** program of the probe */
  module: URL;
  env: Readonly<Record<string, string>>;
  threads: number;
  limitMs?: number;
}

/** The probe ended without an answer, as it does when a driver crashes. */
class ProbeDiedError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ProbeDiedError';
  }
}

/**
 * Finds out which engine the children of this worker will use, in a process that may crash.
 *
 * When the probe of `auto` dies, each engine is tried in a process of its own, in the same order.
 *
 * @throws Error when the named engine, or any at all, cannot be loaded
 */
export async function probeEngine(name: 'auto' | EngineName, parts: ProbeParts): Promise<EngineInfo> {
  try {
    return await probeOnce(name, parts);
  } catch (error) {
    if (name !== 'auto' || !(error instanceof ProbeDiedError)) throw error;
  }
  const reasons: EngineInfo['reasons'] = [];
  for (const engine of EngineInfo.properties.name.enum) {
    try {
      const info = await probeOnce(engine, parts);
      return { ...info, reasons: [...reasons, ...info.reasons] };
    } catch (error) {
      const code = error instanceof ProbeDiedError ? 'probe-died' : 'unavailable';
      reasons.push({ engine, code, message: (error as Error).message });
    }
  }
  throw new Error(`no engine can be loaded: ${reasons.map(({ message }) => message).join('; ')}`);
}

async function probeOnce(name: string, { module, env, threads, limitMs }: ProbeParts): Promise<EngineInfo> {
  let answer: FromChild | null = null;
  const child = forkChild({
    module,
    args: [name, String(threads)],
    env,
    onMessage: (message) => {
      answer = message;
    },
    onLine: () => {},
    onMisfit: () => {},
  });
  const timer = setTimeout(() => child.signal('SIGKILL'), limitMs ?? PROBE_LIMIT_MS);
  const { code, signal, startError, lastWords } = await child.exit;
  clearTimeout(timer);
  const last = answer as FromChild | null; // set by the handler, which the compiler does not follow
  if (last?.kind === 'ready') return last.engine;
  if (last?.kind === 'failed') throw new Error(last.message);
  const how = startError?.message ?? (signal === null ? `exit code ${code}` : `signal ${signal}`);
  throw new ProbeDiedError(`the probe of engine ${name} ended with ${how}: ${lastWords.trim()}`);
}
