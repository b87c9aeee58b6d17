import { type ChildProcess, fork } from 'node:child_process';
import { setPriority } from 'node:os';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { FromChild, fits, type ToChild } from '@crucible/contracts';
import { countOomKills } from './out-of-memory.ts';
import type { ChildExit } from './outcome.ts';

const LAST_WORDS_CHARS = 2000;
/** Children leave the machine's interactive work, heartbeats above all, the first say. */
const CHILD_NICENESS = 5;

export interface ForkOptions {
  /** the program; the extension tells source and build apart */
  module: URL;
  args?: readonly string[];
  env: Readonly<Record<string, string>>;
  onMessage(message: FromChild): void;
  /** a line that the child wrote to standard output or error */
  onLine(stream: 'stdout' | 'stderr', line: string): void;
  /** a message that does not fit the contract; the child is killed */
  onMisfit(message: unknown): void;
}

/**
 * A young generation of constant size: left to itself V8 grows it for minutes, by a tenth of the memory of a process whose
 * tensors lie elsewhere, and no step is the faster for it.
 */
const NODE_FLAGS = ['--max-semi-space-size=2'];

/** A running child process. */
export interface Child {
  /** undefined when it could not be started */
  readonly pid: number | undefined;
  /** Messages to a child that has ended are dropped. */
  send(message: ToChild): void;
  /** Signals the child and everything that it started. */
  signal(signal: NodeJS.Signals): void;
  /** Resolves when the process is gone and all that it said has been handed on. Never rejects. */
  readonly exit: Promise<ChildExit>;
}

/** Starts a child in a process group of its own, so that no terminal signal reaches it and nothing of it survives. */
export function forkChild({ module, args = [], env, onMessage, onLine, onMisfit }: ForkOptions): Child {
  const child = fork(fileURLToPath(module), args, {
    env: { ...env },
    execArgv: [...process.execArgv, ...NODE_FLAGS],
    detached: true,
    serialization: 'advanced',
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const signal = (name: NodeJS.Signals) => signalGroup(child.pid, name);
  let lastWords = '';
  forEachLine(child.stdout, (line) => onLine('stdout', line));
  forEachLine(child.stderr, (line) => {
    lastWords = `${lastWords}\n${line}`.slice(-LAST_WORDS_CHARS);
    onLine('stderr', line);
  });
  child.on('message', (message) => {
    if (fits(FromChild, message)) return onMessage(message);
    onMisfit(message);
    signal('SIGKILL');
  });
  child.on('exit', () => signal('SIGKILL')); // what the child started itself would keep its pipes open
  const oomKillsBefore = countOomKills();
  const ended = new Promise<Omit<ChildExit, 'isOomKill'>>((resolve) => {
    child.on('error', (startError) => {
      if (child.pid === undefined) resolve({ code: null, signal: null, startError, lastWords });
    });
    child.on('close', (code, signalName) => resolve({ code, signal: signalName, startError: null, lastWords }));
  });
  const exit = ended.then(async (how) => ({
    ...how,
    isOomKill: how.signal === 'SIGKILL' && ((await countOomKills()) ?? 0) > ((await oomKillsBefore) ?? 0),
  }));
  if (child.pid !== undefined) lowerPriority(child.pid);
  return {
    pid: child.pid,
    send: (message) => {
      if (child.connected) child.send(message, () => {}); // a failure shows as the child's exit
    },
    signal,
    exit,
  };
}

/** Signals a process group. One that is gone is fine. */
export function signalGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function forEachLine(stream: ChildProcess['stdout'], onLine: (line: string) => void): void {
  if (stream !== null) createInterface({ input: stream }).on('line', onLine);
}

function lowerPriority(pid: number): void {
  try {
    setPriority(pid, CHILD_NICENESS);
  } catch {
    // It has ended already, or the system forbids it: it only runs at a higher priority than wished.
  }
}
