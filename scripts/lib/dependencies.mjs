import fs from 'node:fs';
import { Failure } from './failure.mjs';
import { log } from './log.mjs';
import { once, stamp } from './once.mjs';
import { identityOf, isRunning, run, sleep } from './process.mjs';
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

/** An installation whose launcher was killed goes on alone: two at once would destroy each other's work. */
const NOTE = inProject('.crucible/npm.json');

function orphan() {
  try {
    const process = JSON.parse(fs.readFileSync(NOTE, 'utf8'));
    return isRunning(process) ? process : null;
  } catch {
    return null;
  }
}

async function install() {
  const left = orphan();
  if (left !== null) {
    log(`npm ci of an earlier run (process ${left.pid}) has not ended: waiting`);
    while (isRunning(left)) await sleep(200);
  }
  const args = ['ci', '--include=dev', '--include=optional', '--no-audit', '--no-fund', '--loglevel=error'];
  const onStart = ({ pid }) => pid && fs.writeFileSync(NOTE, JSON.stringify(identityOf(pid)));
  try {
    await npm(args, { onStart });
  } catch (error) {
    throw new Failure(
      `npm ci failed. It needs npm's package registry ("npm config get registry") and 1 GB of disk.\n${error.message}`,
    );
  }
}

/**
 * Installs the locked dependencies when they changed. `--include` overrides a NODE_ENV or an npm setting that would
 * leave out what building and testing need.
 *
 * @throws {Failure} with the end of npm's output
 */
export async function installDependencies() {
  await once('deps', dependenciesKey(), install, { title: 'install dependencies (npm ci)' });
}
