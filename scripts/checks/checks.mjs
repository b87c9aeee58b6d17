import { compile } from '../lib/build.mjs';
import { npm } from '../lib/dependencies.mjs';
import { Failure } from '../lib/failure.mjs';
import { run } from '../lib/process.mjs';
import { inProject } from '../lib/project.mjs';
import { checkFileSizes } from './file-sizes.mjs';
import { checkImportTable } from './import-table.mjs';
import { checkRepositoryWords } from './repository-words.mjs';
import { checkSchemaDrift } from './schema-drift.mjs';

/** Runs a tool that came with the dependencies; what it prints is the reason of a failure. */
async function tool(file, args) {
  const { code, output } = await run(process.execPath, [inProject('node_modules', file), ...args], {
    allowFailure: true,
  });
  if (code !== 0) throw new Failure(output.trim());
}

/**
 * Every check, in the order in which they are run: the quick ones that most changes trip over first. Each one throws a
 * `Failure` that says what is wrong, or returns a remark, or nothing.
 */
export const CHECKS = [
  [
    'format, lint, import cycles (biome)',
    () => tool('@biomejs/biome/bin/biome', ['check', '--error-on-warnings', '.']),
  ],
  ['types (tsc -b)', () => compile(['-b'])],
  ['who may import what', checkImportTable],
  ['words that have no place here', checkRepositoryWords],
  ['file sizes', checkFileSizes],
  ['dead code (knip)', () => tool('knip/bin/knip.js', ['--no-progress', '--no-config-hints'])],
  [
    'lock file (npm ci --dry-run)',
    async () => void (await npm(['ci', '--dry-run', '--ignore-scripts', '--loglevel=error'])),
  ],
  ['schema and migrations agree', checkSchemaDrift],
];
