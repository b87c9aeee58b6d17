import { isRunning, stopPid } from './process.mjs';
import { clearBackground, readBackground } from './runs.mjs';

/** Time for the worker's last checkpoint. */
const STOP_LIMIT_MS = 12_000;

/**
 * Stops the API and the worker that `up` started; the servers behind them are left to the last run.
 *
 * @param {string} dir state folder
 * @returns {Promise<string[]>} names of the services that were stopped
 */
export async function stopBackground(dir) {
  const running = (readBackground(dir)?.services ?? []).filter(isRunning);
  await Promise.all(running.map(({ pid }) => stopPid(pid, 'SIGTERM', STOP_LIMIT_MS)));
  clearBackground(dir);
  return running.map(({ name }) => name);
}
