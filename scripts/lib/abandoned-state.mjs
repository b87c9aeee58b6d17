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

/**
 * Removes relocated state whose clone is gone, its servers first. A folder that holds no `clone.json` is not ours to
 * judge and stays.
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
    if (read(path.join(root, '.crucible/clone-id')) === id) continue;
    await Promise.all([stopPostgres(dir), stopRedis(dir)]);
    fs.rmSync(dir, { recursive: true, force: true });
    log(`removed the state of a clone that is gone (${root})`);
  }
}
