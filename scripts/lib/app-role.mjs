import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { connectPostgres } from './postgres-connect.mjs';
import { settings } from './settings.mjs';

/** Role of API and workers: migrations make it, see `prisma/migrations/0012_app_role`. */
export const APP_ROLE = 'crucible_app';

/** Password of the role on the embedded server, made on first use and kept readable by its owner only. */
function appPassword(dir) {
  const file = path.join(dir, 'app.password');
  if (!fs.existsSync(file)) fs.writeFileSync(file, crypto.randomBytes(18).toString('hex'), { mode: 0o600 });
  return fs.readFileSync(file, 'utf8');
}

/**
 * The address under which API and workers reach the migrated database. On the embedded server they log in with a role
 * that can only read and write rows; on a server of the user's own with `CRUCIBLE_APP_DATABASE_URL`, else as the owner.
 *
 * @param {string} dir state folder
 * @param {string} databaseUrl as its owner
 * @returns {Promise<string>}
 */
export async function appDatabaseUrl(dir, databaseUrl) {
  if (settings.databaseUrl !== null) return settings.appDatabaseUrl ?? databaseUrl;
  const password = appPassword(dir); // hexadecimal: safe inside quotes
  const owner = await connectPostgres(databaseUrl);
  try {
    await owner.query(`alter role ${APP_ROLE} login password '${password}'`);
  } finally {
    await owner.end();
  }
  const url = new URL(databaseUrl);
  Object.assign(url, { username: APP_ROLE, password });
  return url.href;
}
