import { stopBackground } from '../lib/background.mjs';
import { withLock } from '../lib/lock.mjs';
import { log } from '../lib/log.mjs';
import { prepare } from '../lib/prepare.mjs';
import { readBackground } from '../lib/runs.mjs';
import { dashboardPage, findBackgroundSystem, startBackgroundSystem } from '../lib/system.mjs';

async function findOrStart(prepared) {
  const running = await findBackgroundSystem(prepared);
  if (running !== null) {
    log('the service runs already');
    return running;
  }
  if (readBackground(prepared.dir) !== null) log('the service that runs is out of date: starting it afresh');
  await stopBackground(prepared.dir);
  return startBackgroundSystem(prepared);
}

/**
 * `up`: starts the service in the background. One that runs already is left alone, unless its sources changed or it
 * does not answer: then it is started afresh.
 *
 * @returns {Promise<number>} exit code
 */
export async function up() {
  const prepared = await prepare();
  const { base, key } = await withLock(prepared.dir, 'up', () => findOrStart(prepared));
  console.log(`\n  API        ${base}`);
  console.log(`  API key    ${key}`);
  console.log(`  dashboard  ${dashboardPage(base, key)}`);
  console.log(`  logs       ${prepared.dir}\n`);
  return 0;
}
