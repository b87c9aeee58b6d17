import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { Precision, Run, Times } from './requests.ts';

const fileOf = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** Turns that a waiting thread spins before it sleeps, as in a worker's child. */
const SPIN_COUNT = '20000';
/** As in a worker's child: a young generation that does not grow. */
const NODE_FLAGS = ['--max-semi-space-size=2'];

/** A measured program in a process of its own: one line of JSON to each request. */
export class Program<Request = Run, Answer = Times> {
  /** What it says of itself. */
  readonly version: string;
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: AsyncIterator<string>;

  private constructor(
    child: ChildProcessByStdio<Writable, Readable, null>,
    lines: AsyncIterator<string>,
    version: string,
  ) {
    this.#child = child;
    this.#lines = lines;
    this.version = version;
  }

  /** @throws Error if it ends before it is ready */
  static async start<Request = Run, Answer = Times>(
    command: string,
    args: string[],
    env: Record<string, string>,
  ): Promise<Program<Request, Answer>> {
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, ...env } });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const first = await lines.next();
    if (first.done) throw new Error(`${command} ${args[0]} ended before it was ready`);
    const { version } = JSON.parse(first.value) as { version: string };
    return new Program<Request, Answer>(child, lines, version);
  }

  /** @throws Error if it ends without an answer */
  async run(request: Request): Promise<Answer> {
    this.#child.stdin.write(`${JSON.stringify(request)}\n`);
    const answer = await this.#lines.next();
    if (answer.done) throw new Error(`the measured program ended at ${JSON.stringify(request)}`);
    return JSON.parse(answer.value) as Answer;
  }

  async end(): Promise<void> {
    this.#child.stdin.end();
    if (this.#child.exitCode === null) await once(this.#child, 'exit');
  }
}

/** Environment of a program that computes on a number of threads. */
export const threadEnv = (threads: number) => ({ OMP_NUM_THREADS: String(threads), OMP_DYNAMIC: 'false' });

/** The native engine on a number of threads. */
export const startOurs = (threads: number, precision: Precision): Promise<Program> =>
  startNative(fileOf('ours.ts'), threads, precision);

/** A program on the native engine: `FILE THREADS PRECISION`. */
export function startNative<Request = Run, Answer = Times>(
  file: string,
  threads: number,
  precision: Precision,
): Promise<Program<Request, Answer>> {
  const args = [...NODE_FLAGS, '--conditions=development', '--import', 'tsx', file, String(threads), precision];
  return Program.start(process.execPath, args, { ...threadEnv(threads), GOMP_SPINCOUNT: SPIN_COUNT });
}

/** PyTorch on a number of threads. */
export function startTorch(python: string, threads: number): Promise<Program> {
  return Program.start(python, [fileOf('peer_torch.py'), String(threads)], threadEnv(threads));
}
