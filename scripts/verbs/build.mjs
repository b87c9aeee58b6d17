import { SETUP_LOCK } from '../lib/backends.mjs';
import { installDependencies } from '../lib/dependencies.mjs';
import { withLock } from '../lib/lock.mjs';
import { openState, prepareCode } from '../lib/prepare.mjs';

/**
 * `build`: everything that can be done without a server: dependencies, database client, native engine, services,
 * dashboard. An image is built with it.
 *
 * @returns {Promise<number>} exit code
 */
export async function build() {
  const dir = await openState();
  await withLock(dir, SETUP_LOCK, async () => {
    await installDependencies();
    await prepareCode(dir);
  });
  return 0;
}
