import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { signalGroup } from './executor/fork.ts';
import { identityOf, isRunning, type ProcessIdentity } from './process-identity.ts';

const DEATH_LIMIT_MS = 10_000;
const DEATH_POLL_MS = 20;

/** What a worker keeps on disk: which children run, and the spool of each attempt. */
export interface StateFolder {
  /** Folder for the files of an attempt on their way to the store. */
  spoolOf(attemptId: string): string;
  /** Notes a child, so that the next start of this worker can end it if this one dies. */
  noteChild(attemptId: string, pid: number): Promise<void>;
  /** Removes note and spool of an attempt whose child has ended. */
  forget(attemptId: string): Promise<void>;
}

/**
 * Takes a state folder over: ends the children that an earlier process of this worker left behind and removes what
 * they had spooled, since their attempts are lost.
 *
 * @param onLeftover is told of each child that had to be ended
 * @throws Error when a running process holds the folder
 */
export async function openStateFolder(
  folder: string,
  onLeftover: (attemptId: string, pid: number) => void,
): Promise<StateFolder> {
  const children = join(folder, 'children');
  const spool = join(folder, 'spool');
  const holder = join(folder, 'holder.json');
  await mkdir(children, { recursive: true });
  const held = await readIdentity(holder);
  if (held !== null && held.pid !== process.pid && (await isRunning(held)))
    throw new Error(
      `${folder} is in use by another worker (process ${held.pid}). Stop that one, or set CRUCIBLE_STATE_DIR to a folder of this worker's own.`,
    );
  await writeWhole(holder, await identityOf(process.pid));
  for (const name of await readdir(children)) {
    const child = await readIdentity(join(children, name));
    if (child !== null && (await isRunning(child))) {
      onLeftover(name.replace(/\.json$/, ''), child.pid);
      await endGroup(child);
    }
    await rm(join(children, name), { force: true });
  }
  await rm(spool, { recursive: true, force: true });
  await mkdir(spool);
  return {
    spoolOf: (attemptId) => join(spool, attemptId),
    async noteChild(attemptId, pid) {
      const identity = await identityOf(pid);
      if (identity !== null) await writeWhole(join(children, `${attemptId}.json`), identity);
    },
    async forget(attemptId) {
      await rm(join(children, `${attemptId}.json`), { force: true });
      await rm(join(spool, attemptId), { recursive: true, force: true });
    },
  };
}

async function readIdentity(path: string): Promise<ProcessIdentity | null> {
  try {
    const { pid, started } = JSON.parse(await readFile(path, 'utf8'));
    return Number.isInteger(pid) && typeof started === 'string' ? { pid, started } : null;
  } catch {
    return null; // absent, or cut off by the crash itself
  }
}

async function writeWhole(path: string, value: unknown): Promise<void> {
  await writeFile(`${path}.part`, JSON.stringify(value));
  await rename(`${path}.part`, path);
}

async function endGroup(child: ProcessIdentity): Promise<void> {
  signalGroup(child.pid, 'SIGKILL');
  const deadline = performance.now() + DEATH_LIMIT_MS;
  while (await isRunning(child)) {
    if (performance.now() > deadline)
      throw new Error(`process ${child.pid}, left behind by an earlier start of this worker, cannot be ended`);
    await delay(DEATH_POLL_MS);
  }
}
