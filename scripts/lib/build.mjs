import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { Failure } from './failure.mjs';
import { once, sourceFiles, stamp } from './once.mjs';
import { run } from './process.mjs';
import { inProject } from './project.mjs';

const DASHBOARD = 'apps/dashboard';

/** Folders of the workspaces, relative to the root. */
export function workspaces() {
  return ['packages', 'apps'].flatMap((group) =>
    fs
      .readdirSync(inProject(group))
      .map((name) => `${group}/${name}`)
      .filter((folder) => fs.existsSync(inProject(folder, 'package.json'))),
  );
}

/** Key of everything that the build of the services reads, the generated database client included. */
export function buildKey() {
  const folders = [...workspaces(), 'packages/store/src/generated'];
  const sources = folders.flatMap((folder) => sourceFiles(folder, /\.(tsx?|json)$/));
  return stamp([...sources, 'package-lock.json', 'tsconfig.json', 'tsconfig.base.json'].sort());
}

const isBuilt = (folder) => ['dist', 'dist-types'].some((name) => fs.existsSync(inProject(folder, name)));

/**
 * Compiles all workspaces when a source changed; the tests of the whole system are left to `check`. When a result is
 * missing the build starts afresh: the compiler's own notes would otherwise claim that there is nothing to do.
 */
export async function buildServices() {
  const compiled = workspaces().filter((folder) => fs.existsSync(inProject(folder, 'tsconfig.json')));
  const isPresent = () => compiled.every(isBuilt);
  const action = () => compile(['-b', ...(isPresent() ? [] : ['--force']), ...compiled]);
  await once('build', buildKey(), action, { title: 'compile the services (tsc -b)', isPresent });
}

/**
 * Runs the TypeScript compiler.
 *
 * @param {string[]} args
 * @throws {Failure} with the compiler's messages
 */
export async function compile(args) {
  const { code, output } = await run(process.execPath, [inProject('node_modules/typescript/bin/tsc'), ...args], {
    allowFailure: true,
  });
  if (code !== 0) throw new Failure(`tsc ${args.join(' ')} found faults:\n${output.trim()}`);
}

/**
 * Builds the dashboard when its sources, or those of the packages that it bundles, changed.
 *
 * @returns {Promise<boolean>} false when there is no dashboard to build
 */
export async function buildDashboard() {
  if (!fs.existsSync(inProject(DASHBOARD, 'index.html'))) return false;
  const bundled = ['packages/client', 'packages/contracts'].flatMap((folder) => sourceFiles(folder, /\.(ts|json)$/));
  const result = inProject(DASHBOARD, 'dist/index.html');
  const key = stamp([...sourceFiles(DASHBOARD, /./), ...bundled, 'package-lock.json']);
  const require = createRequire(inProject(DASHBOARD, 'package.json'));
  const vite = path.join(path.dirname(require.resolve('vite/package.json')), 'bin/vite.js');
  const build = () => run(process.execPath, [vite, 'build', '--logLevel', 'warn'], { cwd: inProject(DASHBOARD) });
  const isPresent = () => fs.existsSync(result);
  await once('dashboard', key, build, { title: 'build the dashboard (vite)', isPresent });
  return true;
}
