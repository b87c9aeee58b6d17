import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { step } from './log.mjs';
import { run } from './process.mjs';
import { IS_ROOT } from './project.mjs';

/** Postgres refuses to run as root: there it runs as `nobody`, who has a passwd entry everywhere. */
const NOBODY = { uid: 65534, gid: 65534 };

/** Identity, folder and locale under which every Postgres program is run. */
export const serverOptions = () => ({ ...(IS_ROOT ? NOBODY : {}), cwd: '/', env: { LC_ALL: 'C', TZ: 'UTC' } });

/** Superuser of the cluster. */
export const SUPERUSER = 'crucible';

/**
 * Password of the cluster's superuser, made on first use and kept readable by its owner only.
 *
 * @param {string} dir state folder
 */
export function clusterPassword(dir) {
  const file = path.join(dir, 'postgres.password');
  if (!fs.existsSync(file)) fs.writeFileSync(file, crypto.randomBytes(18).toString('base64url'), { mode: 0o600 });
  return fs.readFileSync(file, 'utf8');
}

/**
 * Creates the database cluster. It is made under another name and renamed when it is whole, so that a folder of the
 * final name is always usable.
 *
 * @param {string} dir state folder
 * @param {string} data final folder of the cluster
 * @param {(name: string) => string} bin finds a Postgres program
 */
export async function createCluster(dir, data, bin) {
  const draft = `${data}.draft`;
  const passwordFile = path.join(dir, `postgres.init-${process.pid}`);
  fs.rmSync(draft, { recursive: true, force: true });
  fs.mkdirSync(draft, { mode: 0o700 });
  fs.writeFileSync(passwordFile, clusterPassword(dir), { mode: 0o600 });
  if (IS_ROOT) for (const file of [draft, passwordFile]) fs.chownSync(file, NOBODY.uid, NOBODY.gid);
  // The locale is fixed: with the caller's, an unset LANG would give a cluster that cannot hold UTF-8.
  const locale = ['--encoding=UTF8', '--no-locale', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
  const login = ['-U', SUPERUSER, '--pwfile', passwordFile, '--auth=scram-sha-256'];
  try {
    await step('create the Postgres cluster', () =>
      run(bin('initdb'), ['-D', draft, ...login, ...locale, '--no-instructions'], serverOptions()),
    );
  } finally {
    fs.rmSync(passwordFile, { force: true });
  }
  fs.renameSync(draft, data);
}
