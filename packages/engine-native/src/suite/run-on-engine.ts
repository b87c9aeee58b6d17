import { execFile } from 'node:child_process';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { EngineName } from '../engine-error.ts';
import type { SuiteLine } from './suite-line.ts';

const run = promisify(execFile);
const program = fileURLToPath(new URL(`./run-suite${extname(import.meta.url)}`, import.meta.url));
const MAX_OUTPUT_BYTES = 16 * 2 ** 20;

export interface SuiteRun {
  readonly lines: readonly SuiteLine[];
  /** Why it did not reach its end, with the process's last words; null if it did. */
  readonly fault: string | null;
  readonly device: string;
  /** Over every number that the engine computed. */
  readonly sha256: string;
}

/** Runs the suite on an engine in a process of its own; never rejects. `env` goes over that of this process. */
export async function runOnEngine(
  engine: EngineName,
  threads: number,
  env: Readonly<Record<string, string>> = {},
): Promise<SuiteRun> {
  const args = ['--conditions=development', '--import', 'tsx', program, engine, String(threads)];
  const options = { env: { ...process.env, ...env }, maxBuffer: MAX_OUTPUT_BYTES };
  const { stdout, stderr } = await run(process.execPath, args, options).catch((error) => error);
  const lines = String(stdout ?? '')
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as SuiteLine);
  const end = lines.find((line) => line.kind === 'end');
  const fault = end === undefined ? `the suite on ${engine} did not reach its end: ${stderr ?? ''}` : null;
  return { lines, fault, device: end?.device ?? '', sha256: end?.sha256 ?? '' };
}
