import fs from 'node:fs';
import { Failure } from './failure.mjs';
import { once, stamp } from './once.mjs';
import { run } from './process.mjs';
import { inProject } from './project.mjs';

/** Key of the installed dependencies: a new lock file, Node version or processor kind asks for a new install. */
export const dependenciesKey = () => stamp(['package-lock.json']);

/**
 * Runs npm. Started by `npm run`, the very npm that started it is used.
 *
 * @param {string[]} args
 * @param {Parameters<typeof run>[2]} options
 */
export function npm(args, options = {}) {
  const cli = process.env.npm_execpath;
  if (cli?.endsWith('.js') && fs.existsSync(cli)) return run(process.execPath, [cli, ...args], options);
  return run(process.platform === 'win32' ? 'npm.cmd' : 'npm', args, options);
}

/**
 * Installs the locked dependencies when they changed. `--include` overrides a NODE_ENV or an npm setting that would
 * leave out what building and testing need.
 *
 * @throws {Failure} with the end of npm's output
 */
export async function installDependencies() {
  const args = ['ci', '--include=dev', '--include=optional', '--no-audit', '--no-fund', '--loglevel=error'];
  await once('deps', dependenciesKey(), () => npm(args).catch(explain), { title: 'install dependencies (npm ci)' });
}

function explain(error) {
  throw new Failure(
    `npm ci failed. It needs npm's package registry (see "npm config get registry") and about 1 GB of disk at ${inProject()}.\n${error.message}`,
  );
}
