import fs from 'node:fs';
import { canFetchPackages } from '../lib/debfetch.mjs';
import { firstLine } from '../lib/failure.mjs';
import { runningPostgres } from '../lib/postgres.mjs';
import { findPostgres } from '../lib/postgres-binaries.mjs';
import { connectPostgres, withoutPassword } from '../lib/postgres-connect.mjs';
import { prisma } from '../lib/prisma.mjs';
import { isRunning, which } from '../lib/process.mjs';
import { inProject } from '../lib/project.mjs';
import { runningRedis } from '../lib/redis.mjs';
import { redisFacts, redisFault } from '../lib/redis-ping.mjs';
import { readBackground } from '../lib/runs.mjs';
import { settings } from '../lib/settings.mjs';
import { ok, problem } from './finding.mjs';

const OLDEST_REDIS = 6;

export const isInstalled = () => fs.existsSync(inProject('node_modules/pg'));
/** Address of the database that is named or runs here; null when none is. */
export const databaseUrl = (dir) => settings.databaseUrl ?? runningPostgres(dir);

/** @returns {Promise<import('./finding.mjs').Finding>} */
export async function examinePostgres(dir) {
  if (!isInstalled()) return problem('cannot be examined before the dependencies are installed', 'run ./crucible up');
  const url = databaseUrl(dir);
  if (url === null) {
    findPostgres(dir); // throws where there is no server for this platform
    return ok('embedded, not running: a verb that needs it starts it');
  }
  const remedy = settings.databaseUrl === null ? 'run ./crucible down, then up' : 'check DATABASE_URL and its server';
  try {
    const client = await connectPostgres(url);
    const { rows } = await client.query('show server_version');
    await client.end();
    return ok(`version ${rows[0].server_version} at ${withoutPassword(url)}`);
  } catch (error) {
    return problem(`${withoutPassword(url)} does not answer: ${firstLine(error)}`, remedy);
  }
}

/** @returns {Promise<import('./finding.mjs').Finding>} */
export async function examineRedis(dir) {
  const url = settings.redisUrl ?? runningRedis(dir);
  if (url !== null) {
    const fault = await redisFault(url);
    if (fault === null) return examinePolicy(url);
    const remedy = settings.redisUrl === null ? 'run ./crucible down, then up' : 'check REDIS_URL and its server';
    return problem(`${withoutPassword(url)}: ${fault}`, remedy);
  }
  const program = which('redis-server') ?? which('valkey-server');
  if (program !== undefined) return ok(`not running: a verb that needs it starts ${program}`);
  if (fs.existsSync(`${dir}/redis-package`) || canFetchPackages()) {
    return ok("not running: a verb that needs it starts the distribution's package, unpacked into the state folder");
  }
  return problem('no redis-server and no way to fetch one', 'install redis or valkey, or set REDIS_URL');
}

/** A Redis that may throw keys away, or that is too old, loses messages; repair finds them, but late. */
async function examinePolicy(url) {
  const { version, policy } = await redisFacts(url);
  const said = `version ${version} at ${withoutPassword(url)}, maxmemory-policy ${policy}`;
  if (Number.parseInt(version, 10) < OLDEST_REDIS) return problem(said, `BullMQ needs Redis ${OLDEST_REDIS} or newer`);
  if (policy !== 'noeviction')
    return problem(said, 'redis-cli config set maxmemory-policy noeviction, and the same in redis.conf');
  return ok(said);
}

/** @returns {Promise<import('./finding.mjs').Finding>} */
export async function examineMigrations(dir) {
  const url = databaseUrl(dir);
  if (url === null || !isInstalled()) return ok('not examined: Postgres does not run');
  const { code, output } = await prisma(['migrate', 'status'], url, { allowFailure: true });
  const said = output.trim().split('\n').pop();
  return code === 0 ? ok(said) : problem(said, 'run ./crucible up, which applies them');
}

/** @returns {Promise<import('./finding.mjs').Finding[]>} the API, then the worker */
export async function examineServices(dir) {
  const note = readBackground(dir);
  if (note === null) {
    const said = 'not running in the background: ./crucible up starts it';
    return [ok(said), ok(said)];
  }
  return Promise.all([examineApi(note), examineWorker(dir, note)]);
}

async function examineApi({ base }) {
  try {
    const response = await fetch(`${base}/readyz`, { signal: AbortSignal.timeout(5000) });
    if (response.ok) return ok(`ready at ${base}`);
    return problem(`not ready: ${await response.text()}`, 'look at the lines above, or run ./crucible up again');
  } catch (error) {
    return problem(`${base} does not answer: ${firstLine(error)}`, 'run ./crucible up again');
  }
}

function examineWorker(dir, { services }) {
  const worker = services.find(({ name }) => name === 'worker');
  if (worker !== undefined && isRunning(worker)) return ok(`process ${worker.pid}`);
  return problem(`it has ended, see ${dir}/worker.log`, 'run ./crucible up again');
}
