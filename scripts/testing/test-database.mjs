import { log } from '../lib/log.mjs';
import { connectPostgres, withDatabase } from '../lib/postgres-connect.mjs';
import { pidState } from '../lib/process.mjs';
import { isAlone } from '../lib/runs.mjs';
import { settings } from '../lib/settings.mjs';
import { onShutdown } from '../lib/shutdown.mjs';

/** Databases that test files make for themselves, and the templates that they copy. */
const OF_TEST_FILES = /^crucible_(test|template)_/;
const OF_RUNS = /^crucible_run_(\d+)$/;

async function onServer(url, action) {
  const client = await connectPostgres(withDatabase(url, 'postgres'));
  try {
    return await action(client);
  } finally {
    await client.end();
  }
}

const drop = (client, name) => client.query(`drop database if exists "${name}" with (force)`);

/** Removes what killed test runs left. Only on the embedded server: on another one it may be somebody else's. */
async function dropAbandoned(client, isAlone) {
  if (settings.databaseUrl !== null) return;
  const { rows } = await client.query('select datname from pg_database');
  for (const { datname } of rows) {
    const pid = OF_RUNS.exec(datname)?.[1];
    const isAbandoned = pid === undefined ? isAlone && OF_TEST_FILES.test(datname) : pidState(Number(pid)) === 'dead';
    if (isAbandoned) await drop(client, datname);
  }
}

/**
 * Makes an empty database for this test run, dropped at its end: tests see the migrations of this very source, and
 * what the service holds stays out of their way.
 *
 * @param {string} url any database of the server
 * @param {string} dir state folder
 * @returns {Promise<string>} address of the new database; tests make their own beside it
 */
export async function createTestDatabase(url, dir) {
  const name = `crucible_run_${process.pid}`;
  await onServer(url, async (client) => {
    await dropAbandoned(client, isAlone(dir));
    await drop(client, name);
    await client.query(`create database "${name}"`);
  });
  onShutdown(() => onServer(url, (client) => drop(client, name)));
  log(`test database: ${name}`);
  return withDatabase(url, name);
}
