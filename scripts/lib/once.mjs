import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { step } from './log.mjs';
import { inProject, ROOT } from './project.mjs';

const SKIPPED_FOLDERS = new Set(['node_modules', 'dist', 'dist-types', 'build', 'generated']);

/**
 * Files below `folder` whose path matches `pattern`, sorted; build results and dependencies are left out.
 *
 * @param {string} folder relative to the root
 * @param {RegExp} pattern tested against the path relative to the root
 * @returns {string[]} paths relative to the root, with `/`
 */
export function sourceFiles(folder, pattern) {
  const found = [];
  const walk = (at) => {
    for (const entry of fs.readdirSync(path.join(ROOT, at), { withFileTypes: true })) {
      const below = path.posix.join(at, entry.name);
      if (entry.isDirectory() && !SKIPPED_FOLDERS.has(entry.name)) walk(below);
      else if (entry.isFile() && pattern.test(below)) found.push(below);
    }
  };
  if (fs.existsSync(path.join(ROOT, folder))) walk(folder);
  return found.sort();
}

/**
 * Key that changes when a file, its name, Node's version or the processor kind changes.
 *
 * @param {string[]} files relative to the root
 */
export function stamp(files) {
  const hash = crypto.createHash('sha256').update(`${process.version} ${process.arch}\n`);
  for (const file of files)
    hash
      .update(`${file}\0`)
      .update(fs.readFileSync(inProject(file)))
      .update('\0');
  return hash.digest('hex');
}

// Beside the dependencies, so that a clean install also forgets what was built with the old ones.
const markerOf = (name) => inProject('node_modules', `.crucible-${name}`);

/**
 * True when `once` has finished the step with this very key.
 *
 * @param {string} name
 * @param {string} key
 */
export function isDone(name, key) {
  try {
    return fs.readFileSync(markerOf(name), 'utf8') === key;
  } catch {
    return false;
  }
}

/**
 * Runs a step unless it was finished with the same key before and its result is still there.
 *
 * @param {string} name short name of the step, also that of its marker file
 * @param {string} key from `stamp`
 * @param {() => Promise<unknown>} action
 * @param {{ title?: string, isPresent?: () => boolean }} options `title`: words of the progress line
 * @returns {Promise<boolean>} true when the step ran
 */
export async function once(name, key, action, { title = name, isPresent = () => true } = {}) {
  if (isDone(name, key) && isPresent()) return false;
  await step(title, action);
  fs.mkdirSync(path.dirname(markerOf(name)), { recursive: true });
  fs.writeFileSync(markerOf(name), key);
  return true;
}
