import fs from 'node:fs';
import path from 'node:path';
import { withLock } from './lock.mjs';
import { identityOf, isRunning } from './process.mjs';

const ownerOf = (folder) => {
  try {
    return JSON.parse(fs.readFileSync(path.join(folder, 'owner.json'), 'utf8'));
  } catch {
    return null;
  }
};

/**
 * Gives a new worker a folder for what it has not delivered yet. It is the first one that no running worker holds, so
 * that what a killed worker left is found by the next.
 *
 * @template {{ pid: number }} S
 * @param {string} dir state folder
 * @param {(folder: string, number: number) => S} startIn starts the worker with that folder; `number` counts from 1
 * @returns {Promise<S>} what `startIn` returns
 */
export function withSpool(dir, startIn) {
  return withLock(dir, 'spool', async () => {
    for (let number = 1; ; number++) {
      const folder = path.join(dir, `worker-${number}`);
      if (isRunning(ownerOf(folder))) continue;
      fs.mkdirSync(folder, { recursive: true });
      const worker = startIn(folder, number);
      fs.writeFileSync(path.join(folder, 'owner.json'), JSON.stringify(identityOf(worker.pid)));
      return worker;
    }
  });
}
