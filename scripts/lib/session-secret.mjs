import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';

/**
 * What seals the sessions of browsers, made once and kept, so that a restart signs nobody out.
 *
 * @param {string} dir state folder
 */
export function sessionSecret(dir) {
  const file = path.join(dir, 'session.secret');
  try {
    fs.writeFileSync(file, crypto.randomBytes(32).toString('base64url'), { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
  }
  return fs.readFileSync(file, 'utf8');
}
