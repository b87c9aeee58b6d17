import fs from 'node:fs';
import { sourceFiles } from '../lib/once.mjs';
import { inProject } from '../lib/project.mjs';

/** Lines from which a file should be split, by its kind; the first pattern that fits counts. */
const LIMITS = [
  [/\.test\.(ts|tsx|mjs)$/, 800],
  [/\/run\.ts$/, 450],
  [/^packages\/contracts\//, 350],
  [/\.cc$/, 600],
  [/\.(ts|tsx|mjs)$/, 300],
];

/**
 * Names files that have grown past the size at which they should be split. It is a remark and no failure: a long table
 * is no fault.
 *
 * @returns {string} the remark
 */
export function checkFileSizes() {
  const files = ['scripts', 'packages', 'apps', 'bench', 'test'].flatMap((folder) =>
    sourceFiles(folder, /\.(tsx?|mjs|cc|h)$/),
  );
  const large = files.flatMap((file) => {
    const lines = fs.readFileSync(inProject(file), 'utf8').split('\n').length - 1;
    const limit = LIMITS.find(([pattern]) => pattern.test(file))?.[1];
    return limit !== undefined && lines > limit ? [`${file} has ${lines} lines, split above ${limit}`] : [];
  });
  return large.length === 0 ? `${files.length} files` : `look at: ${large.join('; ')}`;
}
