import path from 'node:path';
import { ensureFashionMnist } from './fashion-mnist.mjs';
import { withLock } from './lock.mjs';
import { log } from './log.mjs';
import { runningPostgres, startPostgres, stopPostgres } from './postgres.mjs';
import { withoutPassword } from './postgres-connect.mjs';
import { runningRedis, startRedis, stopRedis } from './redis.mjs';
import { enterRun, leaveRun } from './runs.mjs';
import { settings } from './settings.mjs';
import { onShutdown } from './shutdown.mjs';

/** Lock under which the servers and the build results of a clone are changed. */
export const SETUP_LOCK = 'setup';

/**
 * Starts, or finds, the database that the environment does not name.
 *
 * @param {string} dir state folder
 * @returns {Promise<string>} its address
 */
export async function database(dir) {
  if (settings.databaseUrl === null) return startPostgres(dir);
  log(`postgres: using DATABASE_URL (${withoutPassword(settings.databaseUrl)})`);
  return settings.databaseUrl;
}

/**
 * Starts, or finds, the queue's server that the environment does not name.
 *
 * @param {string} dir state folder
 * @returns {Promise<string>} its address
 */
export async function redis(dir) {
  if (settings.redisUrl === null) return startRedis(dir);
  log(`redis: using REDIS_URL (${withoutPassword(settings.redisUrl)})`);
  return settings.redisUrl;
}

/**
 * Fetches the data sets, unless the environment names a folder of the user's own.
 *
 * @param {string} dir state folder
 * @returns {Promise<string>} folder with one sub-folder per data set
 */
export async function datasets(dir) {
  if (settings.dataDir !== null) return settings.dataDir;
  const dataDir = path.join(dir, 'data');
  await ensureFashionMnist(dataDir);
  return dataDir;
}

/**
 * Stops the embedded servers that run.
 *
 * @param {string} dir state folder
 */
export async function stopServers(dir) {
  const wasRunning = runningPostgres(dir) !== null || runningRedis(dir) !== null;
  await Promise.all([stopPostgres(dir), stopRedis(dir)]);
  if (wasRunning) log('Postgres and Redis: stopped');
}

/**
 * Notes that this run uses the servers of the state folder, and that the last user stops them.
 *
 * @param {string} dir state folder
 */
export function shareServers(dir) {
  enterRun(dir);
  onShutdown(() =>
    withLock(dir, SETUP_LOCK, async () => {
      if (leaveRun(dir)) await stopServers(dir);
    }),
  );
}
