import fs from 'node:fs';
import path from 'node:path';
import { extractPackages, libraryPath } from './debfetch.mjs';
import { Failure, firstLine } from './failure.mjs';
import { step } from './log.mjs';
import { run, which } from './process.mjs';

const REMEDY = [
  'Install one and run again: Debian or Ubuntu "apt-get install redis-server", Fedora "dnf install valkey",',
  'macOS "brew install redis"; or set REDIS_URL to a server that runs.',
].join(' ');

/**
 * A Redis or Valkey server: the system's, or the distribution's package unpacked into the state folder. The latter
 * installs nothing and needs no privilege.
 *
 * @param {string} dir state folder
 * @returns {Promise<{ bin: string, env: Record<string, string> }>} program and the environment that it needs
 * @throws {Failure} when none can be had
 */
export async function findRedis(dir) {
  const system = which('redis-server') ?? which('valkey-server');
  if (system !== undefined) return { bin: system, env: {} };
  const home = path.join(dir, 'redis-package');
  if (!fs.existsSync(home)) await step('fetch Redis', () => fetchRedis(home));
  return unpacked(home);
}

const unpacked = (home) => ({
  bin: path.join(home, 'usr/bin/redis-server'),
  env: { LD_LIBRARY_PATH: libraryPath(home) },
});

async function fetchRedis(home) {
  try {
    await extractPackages(['redis-server', 'redis-tools'], home);
    const { bin, env } = unpacked(home);
    await run(bin, ['--version'], { env });
  } catch (error) {
    fs.rmSync(home, { recursive: true, force: true });
    throw new Failure(`No Redis server found, and fetching one failed (${firstLine(error)}). ${REMEDY}`);
  }
}
