// Unpacks Debian or Ubuntu packages into a folder, without root and without installing them:
// apt-get works on a private state folder, dpkg -x only copies files.
import fs from 'node:fs';
import path from 'node:path';
import { run, which } from './process.mjs';

/** True if this system can fetch packages this way. */
export const canFetchPackages = () =>
  which('apt-get') !== undefined && which('dpkg') !== undefined && fs.existsSync('/var/lib/dpkg/status');

/**
 * Unpacks `packages`, and what they depend on and the system lacks, into `into`.
 *
 * The folder is complete or absent: work happens beside it and is renamed at the end, so an
 * interrupted run leaves nothing that looks finished. An existing folder is kept as it is.
 *
 * @returns names of the packages unpacked; empty if the folder was there already
 */
export async function extractPackages(packages, into) {
  if (fs.existsSync(into)) return [];
  if (!canFetchPackages()) throw new Error('apt-get and dpkg are needed to fetch packages');
  const partial = `${into}.partial-${process.pid}`;
  const apt = path.join(partial, '.apt');
  const downloads = path.join(apt, 'packages');
  fs.rmSync(partial, { recursive: true, force: true });
  for (const folder of ['state/lists/partial', 'cache/archives/partial', 'packages']) {
    fs.mkdirSync(path.join(apt, folder), { recursive: true });
  }
  const options = [
    ...['-o', `Dir::State=${apt}/state`],
    ...['-o', `Dir::Cache=${apt}/cache`],
    ...['-o', 'Dir::State::status=/var/lib/dpkg/status'],
    ...['-o', 'Debug::NoLocking=1'],
    // apt would otherwise drop to its own user, who may not write here
    ...['-o', 'APT::Sandbox::User='],
    '-qq',
  ];
  try {
    await run('apt-get', [...options, 'update']);
    const install = ['-y', '--no-install-recommends', '--print-uris', 'install', ...packages];
    const { out } = await run('apt-get', [...options, ...install]);
    const missing = out.split('\n').map((line) => /\s([a-z0-9][a-z0-9.+-]*)_\S+\.deb\s/.exec(line)?.[1]);
    const names = [...new Set([...packages, ...missing.filter((name) => name !== undefined)])];
    await run('apt-get', [...options, 'download', ...names], { cwd: downloads });
    for (const file of fs.readdirSync(downloads)) await run('dpkg', ['-x', path.join(downloads, file), partial]);
    fs.rmSync(apt, { recursive: true, force: true });
    fs.mkdirSync(path.dirname(into), { recursive: true });
    fs.renameSync(partial, into);
    return names;
  } finally {
    fs.rmSync(partial, { recursive: true, force: true });
  }
}
