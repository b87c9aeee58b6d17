import { execFile } from 'node:child_process';
import { cpus, totalmem } from 'node:os';
import { promisify } from 'node:util';
import type { Slot } from '@crucible/contracts';

const run = promisify(execFile);
const QUERY = ['--query-gpu=index,name,memory.total', '--format=csv,noheader,nounits'];
const QUERY_LIMIT_MS = 20_000;

/** One slot per GPU that `nvidia-smi` lists; the CPU as a whole where there is none. */
export async function detectSlots(nvidiaSmi = 'nvidia-smi'): Promise<Slot[]> {
  try {
    const { stdout } = await run(nvidiaSmi, QUERY, { timeout: QUERY_LIMIT_MS });
    const slots = parseGpus(stdout);
    return slots.length > 0 ? slots : [cpuSlot()];
  } catch (error) {
    // Absent: no GPU. Anything else, such as a driver that does not match, is a fault to mend rather than to hide.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [cpuSlot()];
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    if (/no devices were found/i.test(stdout + stderr)) return [cpuSlot()];
    throw new Error(
      `nvidia-smi is there but failed: ${(stderr || stdout || (error as Error).message).trim()}. Mend the driver, or take nvidia-smi off the PATH to run on the CPU.`,
      { cause: error },
    );
  }
}

/** Slots of the CSV that `nvidia-smi` prints: index, name, memory in MiB (`[N/A]` on some devices). */
export function parseGpus(csv: string): Slot[] {
  return csv
    .split('\n')
    .map((line) => line.split(',').map((cell) => cell.trim()))
    .filter(([index, name]) => /^\d+$/.test(index ?? '') && name)
    .map(([index, name, memory]) => ({
      index: Number(index),
      kind: 'gpu' as const,
      model: name as string,
      memoryMib: /^\d+$/.test(memory ?? '') ? Number(memory) : null,
    }));
}

function cpuSlot(): Slot {
  const model = cpus()[0]?.model.trim() || process.arch;
  return { index: 0, kind: 'cpu', model, memoryMib: Math.round(totalmem() / 2 ** 20) };
}
