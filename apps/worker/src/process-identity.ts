import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A process, told from a later one of the same number by when it started. */
export interface ProcessIdentity {
  pid: number;
  /** in the system's own terms; only compared */
  started: string;
}

/** The identity of a running process; null when there is none of that number. A zombie counts as gone. */
export async function identityOf(pid: number): Promise<ProcessIdentity | null> {
  try {
    if (process.platform !== 'linux') {
      const { stdout } = await run('ps', ['-o', 'lstart=', '-p', String(pid)]);
      return stdout.trim() === '' ? null : { pid, started: stdout.trim() };
    }
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' '); // the name before may hold blanks
    if (fields[0] === 'Z' || fields[0] === 'X') return null;
    const bootId = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
    return { pid, started: `${bootId} ${fields[19]}` };
  } catch {
    return null;
  }
}

/** True while that very process runs. */
export async function isRunning({ pid, started }: ProcessIdentity): Promise<boolean> {
  return (await identityOf(pid))?.started === started;
}
