import pg from 'pg';
import { connectionTo } from './connection.mjs';

/** Prisma's codes for the connection errors that it explains to the user. */
const PRISMA_CODES = { '3D000': 'P1003', '28P01': 'P1000' };
const UNREACHABLE = 'P1001';

function note(level, fields) {
  console.error(JSON.stringify({ timestamp: new Date().toISOString(), level, fields, target: 'schema_engine' }));
}

async function withClient(databaseUrl, database, action) {
  const client = new pg.Client(connectionTo(databaseUrl, database));
  await client.connect();
  try {
    await action(client);
  } finally {
    await client.end();
  }
}

/** Runs a statement from a database that is there whatever the address names. */
async function asAdmin(databaseUrl, statement) {
  const action = (client) => client.query(statement);
  try {
    await withClient(databaseUrl, 'postgres', action);
  } catch (error) {
    if (error.code !== '3D000') throw error;
    await withClient(databaseUrl, 'template1', action);
  }
}

const COMMANDS = {
  async 'can-connect-to-database'(databaseUrl) {
    await withClient(databaseUrl, undefined, async () => {});
    console.log('Connection successful');
  },
  async 'create-database'(databaseUrl) {
    await asAdmin(databaseUrl, `CREATE DATABASE "${connectionTo(databaseUrl).database}"`);
    console.log('Database created');
  },
  async 'drop-database'(databaseUrl) {
    await asAdmin(databaseUrl, `DROP DATABASE IF EXISTS "${connectionTo(databaseUrl).database}" WITH (FORCE)`);
    note('INFO', { message: 'The database was successfully dropped.' }); // Prisma looks for these very words
  },
};

/**
 * The engine's `cli` sub-commands. Errors go to stderr as JSON lines, which is where Prisma reads them.
 *
 * @param {string} command
 * @param {string} databaseUrl
 */
export async function runCli(command, databaseUrl) {
  note('INFO', { message: 'Starting schema engine CLI (wasm)' }); // Prisma throws the first line away
  const action = COMMANDS[command];
  try {
    if (action === undefined) throw new Error(`unknown command ${command}`);
    await action(databaseUrl);
  } catch (error) {
    const code = PRISMA_CODES[error.code] ?? UNREACHABLE;
    note('ERROR', { message: String(error.message), is_panic: false, error_code: code });
    process.exitCode = 1;
  }
}
