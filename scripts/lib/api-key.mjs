import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { createClient } from './api-client.mjs';
import { run } from './process.mjs';
import { inProject } from './project.mjs';

/** One key per database: a key is worth nothing on another. The name tells nothing about the address. */
const fileOf = (dir, databaseUrl) =>
  path.join(
    dir,
    `api-key-${crypto.createHash('sha256').update(databaseUrlIdentity(databaseUrl)).digest('hex').slice(0, 12)}.json`,
  );

/** The embedded server's port changes with every start; its database stays the same. */
function databaseUrlIdentity(databaseUrl) {
  const { username, password, pathname, hostname } = new URL(databaseUrl);
  return [username, password, hostname, pathname].join('\n');
}

/**
 * The key that an earlier run kept, if any; nothing says that it is still valid.
 *
 * @param {string} dir state folder
 * @param {string} databaseUrl
 * @returns {string | null}
 */
export function keptKey(dir, databaseUrl) {
  try {
    return JSON.parse(fs.readFileSync(fileOf(dir, databaseUrl), 'utf8')).key;
  } catch {
    return null;
  }
}

async function isAccepted(base, key) {
  try {
    await createClient(base, key).get('/v1/jobs?limit=1');
    return true;
  } catch (error) {
    if (error.status === 401 || error.status === 403) return false;
    throw error;
  }
}

/**
 * An API key that the service accepts: the one kept from an earlier run, or a new one. Only its hash lies in the
 * database, so it is kept here, readable by its owner alone.
 *
 * @param {{ dir: string, env: Record<string, string>, serviceEnv: Record<string, string> }} prepared see `prepare`
 * @param {string} base address of the API
 * @returns {Promise<string>}
 */
export async function obtainKey({ dir, env, serviceEnv }, base) {
  const kept = keptKey(dir, env.DATABASE_URL);
  if (kept !== null && (await isAccepted(base, kept))) return kept;
  const script = inProject('apps/api/dist/create-key.js');
  const { out } = await run(process.execPath, [script, '--name', 'demo', '--json'], { env: serviceEnv });
  const created = JSON.parse(out.trim().split('\n').pop());
  const file = fileOf(dir, env.DATABASE_URL);
  fs.rmSync(file, { force: true });
  fs.writeFileSync(file, JSON.stringify(created), { mode: 0o600 });
  return created.key;
}
