import fs from 'node:fs';
import path from 'node:path';
import { identityOf, isRunning } from './process.mjs';

const homeOf = (dir) => path.join(dir, 'runs');
const fileOf = (dir, name) => path.join(homeOf(dir), `${name}.json`);

function read(file) {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8'));
  } catch {
    return null;
  }
}

/**
 * Notes that this process uses the servers of the state folder. They are stopped by the last one that leaves.
 *
 * @param {string} dir state folder
 */
export function enterRun(dir) {
  fs.mkdirSync(homeOf(dir), { recursive: true });
  fs.writeFileSync(fileOf(dir, process.pid), JSON.stringify(identityOf(process.pid)));
}

/**
 * Takes back `enterRun`.
 *
 * @param {string} dir state folder
 * @returns {boolean} true when nobody else uses the servers now
 */
export function leaveRun(dir) {
  fs.rmSync(fileOf(dir, process.pid), { force: true });
  return !isInUse(dir);
}

/**
 * True while a launcher or the background system uses the servers. Notes of runs that crashed are removed.
 *
 * @param {string} dir state folder
 */
export function isInUse(dir) {
  if (!fs.existsSync(homeOf(dir))) return false;
  let inUse = false;
  for (const name of fs.readdirSync(homeOf(dir))) {
    const file = path.join(homeOf(dir), name);
    const note = read(file);
    const processes = note?.services ?? (note === null ? [] : [note]);
    if (processes.some(isRunning)) inUse = true;
    else fs.rmSync(file, { force: true });
  }
  return inUse;
}

/**
 * True when no other launcher uses the servers; the background system does not count.
 *
 * @param {string} dir state folder
 */
export function isAlone(dir) {
  const own = new Set([`${process.pid}.json`, 'up.json']);
  const others = fs.readdirSync(homeOf(dir)).filter((name) => !own.has(name));
  return !others.some((name) => isRunning(read(path.join(homeOf(dir), name))));
}

/**
 * The background system that `up` started, if any of its processes still runs.
 *
 * @param {string} dir state folder
 * @returns {{ base: string, build: string, services: { name: string, pid: number, start: string | null }[] } | null}
 */
export function readBackground(dir) {
  const note = read(fileOf(dir, 'up'));
  return note?.services.some(isRunning) ? note : null;
}

/**
 * @param {string} dir state folder
 * @param {NonNullable<ReturnType<typeof readBackground>>} note
 */
export function writeBackground(dir, note) {
  fs.mkdirSync(homeOf(dir), { recursive: true });
  fs.writeFileSync(fileOf(dir, 'up'), JSON.stringify(note));
}

/** @param {string} dir state folder */
export const clearBackground = (dir) => fs.rmSync(fileOf(dir, 'up'), { force: true });
