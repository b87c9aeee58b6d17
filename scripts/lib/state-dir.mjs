import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { Failure } from './failure.mjs';
import { IS_ROOT, inProject, ROOT } from './project.mjs';

/** Where state goes when other users cannot enter the clone: Postgres never runs as root and must reach its files. */
export const SHARED_STATE = '/var/lib/crucible';

/**
 * True when a user who is neither owner nor in the group can enter every folder down to `target`.
 *
 * @param {string} target
 */
export function othersCanReach(target) {
  for (let at = path.resolve(target); ; at = path.dirname(at)) {
    if (fs.existsSync(at) && (fs.statSync(at).mode & 0o001) === 0) return false;
    if (at === path.dirname(at)) return true;
  }
}

/**
 * Name of this clone that no other clone has, not even a later one in the same folder: state that was left by an
 * earlier clone is never taken for this one's.
 */
function cloneId(local) {
  const file = path.join(local, 'clone-id');
  try {
    fs.writeFileSync(file, crypto.randomUUID(), { flag: 'wx' });
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
  }
  return fs.readFileSync(file, 'utf8');
}

/**
 * The folder that holds this clone's servers, data and logs; made if it is missing.
 *
 * @returns {{ dir: string, relocated: boolean }} `relocated`: it lies outside the clone, see `SHARED_STATE`
 * @throws {Failure} when the folder belongs to another user
 */
export function openStateDir() {
  const local = inProject('.crucible');
  fs.mkdirSync(local, { recursive: true, mode: 0o755 });
  try {
    fs.accessSync(local, fs.constants.W_OK);
  } catch {
    throw new Failure(`${local} belongs to another user. Run as that user, or remove the folder and run again.`);
  }
  const id = cloneId(local);
  if (!IS_ROOT || othersCanReach(local)) return { dir: local, relocated: false };
  const dir = path.join(SHARED_STATE, id);
  fs.mkdirSync(dir, { recursive: true, mode: 0o755 });
  fs.writeFileSync(path.join(dir, 'clone.json'), JSON.stringify({ root: ROOT, id }));
  return { dir, relocated: true };
}
