import fs from 'node:fs';
import path from 'node:path';
import { log } from './log.mjs';
import { identityOf, isRunning, sleep } from './process.mjs';

const POLL_MS = 200;

const read = (file) => {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8'));
  } catch {
    return null;
  }
};

/** Creates `file` with its content in one step: a reader never sees it empty. Returns false when it exists. */
function createOnce(file, content) {
  const draft = `${file}.${process.pid}`;
  fs.writeFileSync(draft, content);
  try {
    fs.linkSync(draft, file);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  } finally {
    fs.rmSync(draft, { force: true });
  }
}

/** Takes away the lock of a holder that has died. Two waiters may try at once: only a dead holder's file is dropped. */
function clearStale(file) {
  const aside = `${file}.stale.${process.pid}`;
  try {
    fs.renameSync(file, aside);
  } catch (error) {
    if (error.code === 'ENOENT') return;
    throw error;
  }
  const holder = read(aside);
  if (isRunning(holder)) createOnce(file, JSON.stringify(holder)); // a waiter was quicker: its lock stands
  fs.rmSync(aside, { force: true });
}

/**
 * Runs `action` while this process alone holds the lock `name`. The lock of a process that has died counts as free.
 *
 * @template T
 * @param {string} dir folder of the lock file
 * @param {string} name
 * @param {() => Promise<T>} action
 * @returns {Promise<T>}
 */
export async function withLock(dir, name, action) {
  const file = path.join(dir, `${name}.lock`);
  const mine = JSON.stringify(identityOf(process.pid));
  for (let told = false; !createOnce(file, mine); ) {
    const holder = read(file);
    if (!isRunning(holder)) {
      clearStale(file);
      continue;
    }
    if (!told) log(`another run in this clone (process ${holder.pid}) holds "${name}": waiting`);
    told = true;
    await sleep(POLL_MS);
  }
  try {
    return await action();
  } finally {
    if (read(file)?.pid === process.pid) fs.rmSync(file, { force: true });
  }
}
