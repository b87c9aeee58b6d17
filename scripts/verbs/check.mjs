import { CHECKS } from '../checks/checks.mjs';
import { database, SETUP_LOCK, shareServers } from '../lib/backends.mjs';
import { installDependencies } from '../lib/dependencies.mjs';
import { withLock } from '../lib/lock.mjs';
import { openState } from '../lib/prepare.mjs';
import { generateClient } from '../lib/prisma.mjs';
import { setLastLine } from '../lib/shutdown.mjs';

/**
 * `check`: everything that can be said about the sources without running them.
 *
 * @returns {Promise<number>} exit code: 0 only when every check passed
 */
export async function check() {
  const counts = { passed: 0, failed: 0 };
  setLastLine(() => `checks: ${counts.passed} passed, ${counts.failed} failed`);
  const dir = await openState();
  const databaseUrl = await withLock(dir, SETUP_LOCK, async () => {
    shareServers(dir);
    await installDependencies();
    await generateClient();
    return database(dir);
  });
  for (const [name, action] of CHECKS) {
    const start = performance.now();
    const seconds = () => `${((performance.now() - start) / 1000).toFixed(1)} s`;
    try {
      const remark = await action(databaseUrl);
      counts.passed += 1;
      console.log(`ok    ${name} [${seconds()}]${typeof remark === 'string' ? ` ${remark}` : ''}`);
    } catch (error) {
      counts.failed += 1;
      console.log(`FAIL  ${name} [${seconds()}]\n${error.message.replace(/^/gm, '      ')}`);
    }
  }
  return counts.failed === 0 ? 0 : 1;
}
