import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { run, which } from './process.mjs';

let lists = null;

/** Options that keep every file of apt inside a folder of ours, so that no privilege is needed and nothing is changed. */
const privateState = (state) => [
  ...['-o', `Dir::State=${state}/state`, '-o', `Dir::Cache=${state}/cache`],
  ...['-o', 'Dir::State::status=/var/lib/dpkg/status', '-o', 'Debug::NoLocking=1', '-o', 'APT::Sandbox::User='],
  '-qq',
];

/** True where packages can be fetched this way: a Debian or Ubuntu system. */
export const canFetchPackages = () =>
  which('apt-get') !== undefined && which('dpkg') !== undefined && fs.existsSync('/var/lib/dpkg/status');

/** Fetches the package lists once per process; later callers wait for the first and share them. */
async function fetchLists() {
  if (!canFetchPackages()) throw new Error('apt-get and dpkg not found: not a Debian or Ubuntu system');
  const state = fs.mkdtempSync(path.join(os.tmpdir(), 'crucible-apt-'));
  process.on('exit', () => fs.rmSync(state, { recursive: true, force: true }));
  for (const folder of ['state/lists/partial', 'cache/archives/partial']) {
    fs.mkdirSync(path.join(state, folder), { recursive: true });
  }
  // A third-party source that is down must not hide the distribution's own: what is missing shows when it is asked for.
  await run('apt-get', [...privateState(state), 'update'], { allowFailure: true });
  return state;
}

/**
 * Names of the packages that a package depends on directly, those that the system has among them.
 *
 * @param {string} name of a Debian or Ubuntu package
 * @returns {Promise<string[]>}
 */
export async function directDependencies(name) {
  lists ??= fetchLists();
  const { out } = await run('apt-cache', [...privateState(await lists), 'depends', name]);
  return [...out.matchAll(/^\s*\|?Depends: ([a-z0-9][a-z0-9.+-]*)$/gm)].map(([, dependency]) => dependency);
}

/** The packages and those of their dependencies that the system lacks. */
async function closureOf(packages, state) {
  const plan = ['-y', '--no-install-recommends', '--print-uris', 'install', ...packages];
  const { out } = await run('apt-get', [...privateState(state), ...plan]);
  const named = out.split('\n').map((line) => /\s([a-z0-9][a-z0-9.+-]*)_\S+\.deb\s/.exec(line)?.[1]);
  return [...new Set([...packages, ...named.filter((name) => name !== undefined)])];
}

/**
 * Unpacks distribution packages, and what they depend on and the system lacks, without root and without installing
 * them. The folder is complete or absent: the work is done beside it and renamed at the end.
 *
 * @param {string[]} packages names of Debian or Ubuntu packages
 * @param {string} into folder to make; files lie below it as they would below `/`. One that exists is kept as it is.
 * @returns {Promise<string[]>} names of the packages unpacked, none when the folder was there
 * @throws {Error} where there is no apt, or a package cannot be had
 */
export async function extractPackages(packages, into) {
  if (fs.existsSync(into)) return [];
  lists ??= fetchLists();
  const state = await lists;
  const draft = `${into}.draft`;
  const files = path.join(draft, '.packages');
  fs.rmSync(draft, { recursive: true, force: true });
  fs.mkdirSync(files, { recursive: true });
  const names = await closureOf(packages, state);
  await run('apt-get', [...privateState(state), 'download', ...names], { cwd: files });
  for (const file of fs.readdirSync(files)) await run('dpkg', ['-x', path.join(files, file), draft]);
  fs.rmSync(files, { recursive: true, force: true });
  fs.renameSync(draft, into);
  return names;
}

/**
 * Search path for the shared libraries of packages that `extractPackages` unpacked.
 *
 * @param {string} home the folder that they were unpacked into
 * @returns {string} for `LD_LIBRARY_PATH`
 */
export function libraryPath(home) {
  const folders = [];
  for (const base of ['usr/lib', 'lib'].map((name) => path.join(home, name))) {
    if (!fs.existsSync(base)) continue;
    const below = fs.readdirSync(base).filter((name) => name.includes('linux-gnu'));
    for (const folder of below.map((name) => path.join(base, name))) folders.push(folder, ...privateLibraries(folder));
    folders.push(base);
  }
  return folders.join(path.delimiter);
}

/** Sub-folders with shared libraries that a program finds by a path compiled into it, which is not where they are now. */
function privateLibraries(folder) {
  return fs
    .readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => path.join(folder, entry.name))
    .filter((below) => fs.readdirSync(below).some((file) => /^lib.*\.so(\.|$)/.test(file)));
}
