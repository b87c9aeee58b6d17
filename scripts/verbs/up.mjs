import { stopBackground } from '../lib/background.mjs';
import { buildKey } from '../lib/build.mjs';
import { log } from '../lib/log.mjs';
import { prepare } from '../lib/prepare.mjs';
import { identityOf } from '../lib/process.mjs';
import { readBackground, writeBackground } from '../lib/runs.mjs';
import { dashboardPage, findBackgroundSystem, startBackgroundSystem } from '../lib/system.mjs';

/**
 * `up`: starts the service in the background. One that runs already is left alone, unless its sources changed or it
 * does not answer: then it is started afresh.
 *
 * @returns {Promise<number>} exit code
 */
export async function up() {
  const prepared = await prepare();
  let system = await findBackgroundSystem(prepared);
  if (system !== null) log('the service runs already');
  else {
    if (readBackground(prepared.dir) !== null) log('the service that runs is out of date: starting it afresh');
    await stopBackground(prepared.dir);
    system = await startBackgroundSystem(prepared);
    const services = system.services.map(({ name, pid }) => ({ name, ...identityOf(pid) }));
    writeBackground(prepared.dir, { base: system.base, build: buildKey(), services });
  }
  console.log(`\n  API        ${system.base}`);
  console.log(`  API key    ${system.key}`);
  console.log(`  dashboard  ${dashboardPage(system.base, system.key)}`);
  console.log(`  logs       ${prepared.dir}\n`);
  return 0;
}
