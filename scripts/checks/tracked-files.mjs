import fs from 'node:fs';
import path from 'node:path';
import { run, which } from '../lib/process.mjs';
import { inProject, ROOT } from '../lib/project.mjs';

const SKIPPED = new Set(['.git', '.crucible', 'node_modules', 'dist', 'dist-types', 'build', 'generated']);

function walk(folder) {
  return fs.readdirSync(path.join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const below = path.posix.join(folder, entry.name);
    if (entry.isDirectory()) return SKIPPED.has(entry.name) ? [] : walk(below);
    return entry.isFile() ? [below] : [];
  });
}

/**
 * Files of the repository: what git tracks or would add; without git, everything that is no build result.
 *
 * @returns {Promise<string[]>} paths relative to the root
 */
export async function trackedFiles() {
  if (which('git') === undefined || !fs.existsSync(inProject('.git'))) return walk('');
  // In a clone that belongs to another user git refuses to work unless it is told that the folder is meant.
  const trust = ['-c', `safe.directory=${ROOT}`];
  const { code, out } = await run('git', [...trust, 'ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    allowFailure: true,
  });
  if (code !== 0) return walk('');
  return out.split('\0').filter((file) => file !== '' && fs.existsSync(inProject(file)));
}
