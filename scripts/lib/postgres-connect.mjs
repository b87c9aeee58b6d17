import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { inProject } from './project.mjs';

const require = createRequire(inProject('package.json'));

/**
 * Opens a connection, with the driver that came with the dependencies.
 *
 * @param {string} url
 * @returns {Promise<import('pg').Client>} connected; the caller ends it
 */
export async function connectPostgres(url) {
  const { default: pg } = await import(pathToFileURL(require.resolve('pg')).href);
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 3000 });
  client.on('error', () => {}); // a server that stops ends idle connections: the next query reports it
  try {
    await client.connect();
    return client;
  } catch (error) {
    client.end().catch(() => {});
    throw error;
  }
}

/**
 * The same server, another database.
 *
 * @param {string} url
 * @param {string} database
 */
export function withDatabase(url, database) {
  const changed = new URL(url);
  changed.pathname = `/${database}`;
  return changed.href;
}

/**
 * A connection address that may be shown: its password is hidden.
 *
 * @param {string} url
 */
export function withoutPassword(url) {
  const shown = new URL(url);
  if (shown.password !== '') shown.password = '***';
  return shown.href;
}
