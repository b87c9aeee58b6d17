import { log } from '../lib/log.mjs';
import { connectPostgres, withDatabase } from '../lib/postgres-connect.mjs';
import { pidState } from '../lib/process.mjs';
import { settings } from '../lib/settings.mjs';
import { onShutdown } from '../lib/shutdown.mjs';

const PREFIX = 'crucible_test_';

async function onServer(url, action) {
  const client = await connectPostgres(withDatabase(url, 'postgres'));
  try {
    return await action(client);
  } finally {
    await client.end();
  }
}

const drop = (client, name) => client.query(`drop database if exists "${name}" with (force)`);

/** Removes what test runs of this machine left that were killed; only on a server that nobody else uses. */
async function dropAbandoned(client) {
  if (settings.databaseUrl !== null) return;
  const { rows } = await client.query('select datname from pg_database where datname like $1', [`${PREFIX}%`]);
  for (const { datname } of rows) {
    const pid = Number(/^crucible_test_(\d+)/.exec(datname)?.[1]);
    if (pidState(pid) === 'dead') await drop(client, datname);
  }
}

/**
 * Makes an empty database for this test run, dropped at its end: tests see the migrations of this very source, and
 * what the service holds stays out of their way.
 *
 * @param {string} url any database of the server
 * @returns {Promise<string>} address of the new database; tests make their own beside it
 */
export async function createTestDatabase(url) {
  const name = `${PREFIX}${process.pid}`;
  await onServer(url, async (client) => {
    await dropAbandoned(client);
    await drop(client, name);
    await client.query(`create database "${name}"`);
  });
  onShutdown(() => onServer(url, (client) => drop(client, name)));
  log(`test database: ${name}`);
  return withDatabase(url, name);
}
