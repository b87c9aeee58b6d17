import fs from 'node:fs';
import path from 'node:path';
import { log } from './log.mjs';
import { stopPostgres } from './postgres.mjs';
import { stopRedis } from './redis.mjs';
import { SHARED_STATE } from './state-dir.mjs';

const read = (file) => {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return null;
  }
};

/** A clone may have been moved, or lie on a disk that is not mounted now: its state is kept for this time. */
const KEPT_MS = 24 * 60 * 60 * 1000;

/** When a run last entered or left the state folder. */
function lastUse(dir) {
  const runs = path.join(dir, 'runs');
  return fs.statSync(fs.existsSync(runs) ? runs : dir).mtimeMs;
}

/**
 * Removes relocated state whose clone is gone and that nobody has used for a day, its servers first. A folder that
 * holds no `clone.json` is not ours to judge and stays.
 *
 * @param {string} home parent of the relocated folders
 */
export async function removeAbandonedState(home = SHARED_STATE) {
  if (!fs.existsSync(home)) return;
  for (const name of fs.readdirSync(home)) {
    const dir = path.join(home, name);
    const clone = read(path.join(dir, 'clone.json'));
    if (clone === null) continue;
    const { root, id } = JSON.parse(clone);
    if (read(path.join(root, '.crucible/clone-id')) === id || Date.now() - lastUse(dir) < KEPT_MS) continue;
    await Promise.all([stopPostgres(dir), stopRedis(dir)]);
    fs.rmSync(dir, { recursive: true, force: true });
    log(`removed the state of a clone that is gone (${root})`);
  }
}
