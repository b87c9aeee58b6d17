import { SETUP_LOCK, stopServers } from '../lib/backends.mjs';
import { stopBackground } from '../lib/background.mjs';
import { withLock } from '../lib/lock.mjs';
import { log } from '../lib/log.mjs';
import { isInUse } from '../lib/runs.mjs';
import { openStateDir } from '../lib/state-dir.mjs';

/**
 * `down`: stops what `up` started, and whatever a crashed run left. Servers that another run still uses stay.
 *
 * @returns {Promise<number>} exit code
 */
export async function down() {
  const { dir } = openStateDir();
  return withLock(dir, SETUP_LOCK, async () => {
    const stopped = await stopBackground(dir);
    log(stopped.length > 0 ? `stopped: ${stopped.join(', ')}` : 'nothing was running in the background');
    if (isInUse(dir)) log('Postgres and Redis stay: another run uses them');
    else await stopServers(dir);
    return 0;
  });
}
