import path from 'node:path';
import { writeBackup } from '../backup/write-backup.mjs';
import { database, SETUP_LOCK, shareServers } from '../lib/backends.mjs';
import { installDependencies } from '../lib/dependencies.mjs';
import { withLock } from '../lib/lock.mjs';
import { log } from '../lib/log.mjs';
import { openState } from '../lib/prepare.mjs';

/**
 * `backup FILE`: all that is stored, into one file.
 *
 * @param {string[]} args
 * @returns {Promise<number>} exit code
 */
export async function backup([file, ...more]) {
  if (file === undefined || more.length > 0) {
    console.error('usage: ./crucible backup FILE');
    return 2;
  }
  const dir = await openState();
  const databaseUrl = await withLock(dir, SETUP_LOCK, async () => {
    shareServers(dir);
    await installDependencies();
    return database(dir);
  });
  const { rows, bytes } = await writeBackup(databaseUrl, path.resolve(file));
  log(
    `${file}: ${rows.job} jobs, ${rows.checkpoint} checkpoints, ${rows.chunk} chunks, ${(bytes / 2 ** 20).toFixed(1)} MiB`,
  );
  return 0;
}
