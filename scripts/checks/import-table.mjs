import fs from 'node:fs';
import { isBuiltin } from 'node:module';
import path from 'node:path';
import { workspaces } from '../lib/build.mjs';
import { Failure } from '../lib/failure.mjs';
import { sourceFiles } from '../lib/once.mjs';
import { inProject } from '../lib/project.mjs';
import { IMPORT_RULES, TEST_EXTRAS } from './import-rules.mjs';

const SCOPE = '@crucible/';
const SPECIFIER = /^\s*(?:import|export)\s(?:[^'";]*?\sfrom\s)?\s*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]/gm;

const withoutComments = (source) => source.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '$1');

/**
 * Module names that a source file imports, statically or not.
 *
 * @param {string} source
 * @returns {string[]}
 */
export function importsOf(source) {
  return [...withoutComments(source).matchAll(SPECIFIER)].map((match) => match[1] ?? match[2]);
}

/** True when the rule lets its files import the module `name`. */
function allows(rule, name) {
  if (name.startsWith(SCOPE)) return rule.workspaces.includes(name.slice(SCOPE.length));
  return rule.packages.some((pattern) => pattern.test(name));
}

/** Folder of the workspace that a path lies in: `packages/x` or `apps/x`. */
const workspaceOf = (file) => file.split('/').slice(0, 2).join('/');

/**
 * What is wrong with one import; null when it is fine.
 *
 * @param {string} file importing file, relative to the root
 * @param {string} name imported module
 * @returns {string | null}
 */
export function importFault(file, name) {
  if (isBuiltin(name)) return null;
  if (name.startsWith('.')) {
    const target = path.posix.join(path.posix.dirname(file), name);
    if (workspaceOf(target) !== workspaceOf(file)) return 'reaches into another workspace by path';
    return isMethodOfAnother(file, target) ? 'methods do not import one another' : null;
  }
  const rule = IMPORT_RULES.find(({ folder, only }) => folder === workspaceOf(file) && (only?.test(file) ?? true));
  if (rule === undefined) return 'no rule covers this folder';
  const isTest = /\.test\.tsx?$/.test(file) || file.includes('/testing/');
  if (allows(rule, name) || (isTest && allows(TEST_EXTRAS, name))) return null;
  if (name.startsWith(`${SCOPE}${path.posix.basename(workspaceOf(file))}`)) return 'imports its own workspace by name';
  return 'not allowed by scripts/checks/import-rules.mjs';
}

/** Folders of methods lie beside the shared ones; only a method's folder holds a `run.ts`. */
function isMethodOfAnother(file, target) {
  const methodOf = (at) => {
    const folder = /^packages\/methods\/src\/([^/]+)\//.exec(at)?.[1];
    const run = folder === undefined ? '' : inProject('packages/methods/src', folder, 'run.ts');
    return fs.existsSync(run) ? folder : null;
  };
  const method = methodOf(target);
  return method !== null && /^packages\/methods\/src\/[^/]+\//.test(file) && methodOf(file) !== method;
}

/** What a workspace's manifest depends on must be what its rules let some file of it import. */
function manifestFaults(folder) {
  const manifest = JSON.parse(fs.readFileSync(inProject(folder, 'package.json'), 'utf8'));
  const rules = IMPORT_RULES.filter((rule) => rule.folder === folder);
  const isAllowed = (name) =>
    rules.some(
      (rule) => allows(rule, name) || rule.workspaces.some((item) => `${SCOPE}${item}`.startsWith(`${name}/`)),
    );
  return Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies })
    .filter((name) => !isAllowed(name))
    .map((name) => `${folder}/package.json: ${name}: not allowed by scripts/checks/import-rules.mjs`);
}

/**
 * Holds sources and manifests against the import rules.
 *
 * @throws {Failure} with each import that breaks them
 */
export function checkImportTable() {
  const folders = workspaces();
  const files = folders.flatMap((folder) => sourceFiles(`${folder}/src`, /\.tsx?$/));
  const faults = files.flatMap((file) =>
    importsOf(fs.readFileSync(inProject(file), 'utf8')).flatMap((name) => {
      const fault = importFault(file, name);
      return fault === null ? [] : [`${file}: ${name}: ${fault}`];
    }),
  );
  faults.push(...folders.flatMap(manifestFaults));
  if (faults.length > 0) throw new Failure(faults.join('\n'));
  return `${files.length} files`;
}
