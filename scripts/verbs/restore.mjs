import path from 'node:path';
import { parseArgs } from 'node:util';
import { readBackup } from '../backup/read-backup.mjs';
import { database, SETUP_LOCK, shareServers } from '../lib/backends.mjs';
import { installDependencies } from '../lib/dependencies.mjs';
import { withLock } from '../lib/lock.mjs';
import { log } from '../lib/log.mjs';
import { connectPostgres, withDatabase, withoutPassword } from '../lib/postgres-connect.mjs';
import { openState } from '../lib/prepare.mjs';
import { generateClient, migrate } from '../lib/prisma.mjs';

const NAME = /^[a-z_][a-z0-9_]{0,62}$/;

function optionsOf(args) {
  try {
    const options = { into: { type: 'string' }, force: { type: 'boolean', default: false } };
    const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
    return positionals.length === 1 && (values.into === undefined || NAME.test(values.into))
      ? { ...values, file: path.resolve(positionals[0]) }
      : null;
  } catch {
    return null;
  }
}

async function ensureDatabase(url, name) {
  const client = await connectPostgres(url);
  try {
    const { rowCount } = await client.query('select from pg_database where datname = $1', [name]);
    if (rowCount === 0) await client.query(`create database "${name}"`);
  } finally {
    await client.end();
  }
  return withDatabase(url, name);
}

/**
 * `restore FILE`: loads a back-up into the service's database, or with `--into` into another one of its server.
 *
 * @param {string[]} args
 * @returns {Promise<number>} exit code
 */
export async function restore(args) {
  const options = optionsOf(args);
  if (options === null) {
    console.error('usage: ./crucible restore FILE [--into DATABASE] [--force]');
    return 2;
  }
  const { file, into, force } = options;
  const dir = await openState();
  const url = await withLock(dir, SETUP_LOCK, async () => {
    shareServers(dir);
    await installDependencies();
    await generateClient();
    return database(dir);
  });
  const target = into === undefined ? url : await ensureDatabase(url, into);
  const { rows } = await readBackup(target, file, { force });
  log(`migrations: ${await migrate(target)}`);
  log(
    `${withoutPassword(target)}: ${rows.job} jobs, ${rows.checkpoint} checkpoints, ${rows.chunk} chunks, all verified`,
  );
  log(
    'running attempts of the back-up end as lost when the service starts; their jobs go on from their last checkpoint',
  );
  return 0;
}
