import { EngineInfo, type EngineReason, type EngineRequest, type FromChild } from '@crucible/contracts';
import { forkChild } from './executor/fork.ts';

/** Loading a GPU library for the first time compiles kernels, which takes long. */
const PROBE_LIMIT_MS = 120_000;

export interface ProbeParts {
  /** program of the probe */
  module: URL;
  env: Readonly<Record<string, string>>;
  limitMs?: number;
}

/** A probe that did not end in an engine. */
class ProbeError extends Error {
  readonly reason: EngineReason;
  /** The process died or was ended, as happens when a driver crashes or hangs. */
  readonly isDeath: boolean;

  constructor(reason: EngineReason, isDeath: boolean) {
    super(`engine ${reason.engine} is not available (${reason.code}): ${reason.message}`);
    this.name = 'ProbeError';
    this.reason = reason;
    this.isDeath = isDeath;
  }
}

/**
 * Finds out which engine the children of this worker will use, in a process that may crash or hang.
 *
 * When the probe of `auto` dies, each engine is tried in a process of its own, in the same order.
 *
 * @throws Error with the reason code when the engine that was named, or any at all, cannot be loaded
 */
export async function probeEngine(request: EngineRequest, parts: ProbeParts): Promise<EngineInfo> {
  try {
    return await probeOnce(request, parts);
  } catch (error) {
    if (request.name !== 'auto' || !(error instanceof ProbeError && error.isDeath)) throw error;
  }
  const reasons: EngineReason[] = [];
  for (const name of EngineInfo.properties.name.enum) {
    try {
      const info = await probeOnce({ ...request, name }, parts);
      return { ...info, reasons };
    } catch (error) {
      if (!(error instanceof ProbeError)) throw error;
      reasons.push(error.reason);
    }
  }
  throw new Error(`no engine can be loaded: ${reasons.map(({ message }) => message).join('; ')}`);
}

async function probeOnce(request: EngineRequest, { module, env, limitMs }: ProbeParts): Promise<EngineInfo> {
  let answer: FromChild | null = null;
  let isTooLate = false;
  const child = forkChild({
    module,
    args: [JSON.stringify(request)],
    env,
    onMessage: (message) => {
      answer = message;
    },
    onLine: () => {},
    onMisfit: () => {},
  });
  const limit = limitMs ?? PROBE_LIMIT_MS;
  const timer = setTimeout(() => {
    isTooLate = true;
    child.signal('SIGKILL');
  }, limit);
  const { code, signal, startError, lastWords } = await child.exit;
  clearTimeout(timer);
  const last = answer as FromChild | null; // set by the handler, which the compiler does not follow
  if (last?.kind === 'ready') return last.engine;
  if (last?.kind === 'engine-refused') throw new ProbeError(last.reason, false);
  if (last?.kind === 'failed') throw new Error(last.message);
  const engine = request.name;
  if (isTooLate)
    throw new ProbeError({ engine, code: 'probe-timeout', message: `no answer within ${limit / 1000} s` }, true);
  const how = startError?.message ?? (signal === null ? `exit code ${code}` : `signal ${signal}`);
  const message = `its process ended with ${how} ${lastWords.trim()}`.trim();
  throw new ProbeError({ engine, code: 'probe-crashed', message }, true);
}
