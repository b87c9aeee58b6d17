import fs from 'node:fs';
import { canFetchPackages } from '../lib/debfetch.mjs';
import { dependenciesKey, npm } from '../lib/dependencies.mjs';
import { hasFashionMnist } from '../lib/fashion-mnist.mjs';
import { isDone } from '../lib/once.mjs';
import { which } from '../lib/process.mjs';
import { inProject } from '../lib/project.mjs';
import { settings } from '../lib/settings.mjs';
import { ok, problem } from './finding.mjs';

/** Dependencies, build results, servers' binaries and data take about this much. */
const DISK_NEEDED_GIB = 3;
const ADDON = 'packages/engine-native/build/onednn.node';
const SLOW = 'jobs run on plain JavaScript, a hundred to a thousand times slower';

/** @returns {Promise<import('./finding.mjs').Finding>} */
export async function examineNode() {
  const { out } = await npm(['--version'], { allowFailure: true }).catch(() => ({ out: '' }));
  if (out.trim() === '') return problem('npm was not found', 'install npm, it comes with Node: https://nodejs.org');
  return ok(`${process.version}, npm ${out.trim()}`);
}

/** @returns {import('./finding.mjs').Finding} */
export function examineDependencies() {
  if (isDone('deps', dependenciesKey())) return ok('installed as locked');
  return problem('not installed, or not as locked', 'any verb installs them, such as ./crucible up');
}

/** @returns {Promise<import('./finding.mjs').Finding>} */
export async function examineNativeEngine() {
  const addon = settings.engineAddon ?? inProject(ADDON);
  if (fs.existsSync(addon)) {
    try {
      process.dlopen({ exports: {} }, addon);
      return ok('built and loadable');
    } catch (error) {
      return problem(`built but not loadable (${error.message}): ${SLOW}`, `remove ${addon} and run ./crucible up`);
    }
  }
  if (settings.engineAddon !== null)
    return problem(`CRUCIBLE_ENGINE_ADDON names ${addon}, which does not exist: ${SLOW}`, 'correct it, or unset it');
  const compiler = ['g++', 'c++', 'clang++'].map((name) => which(name)).find((file) => file !== undefined);
  if (compiler !== undefined) return problem(`not built: ${SLOW}`, 'run ./crucible up, which builds it');
  return problem(`not built, for want of a C++ compiler: ${SLOW}`, 'Debian or Ubuntu: apt-get install g++');
}

/** @returns {import('./finding.mjs').Finding} */
export function examineDisk(dir) {
  const { bavail, bsize } = fs.statfsSync(dir);
  const free = (bavail * bsize) / 2 ** 30;
  const said = `${free.toFixed(1)} GiB free at ${dir}`;
  return free >= DISK_NEEDED_GIB ? ok(said) : problem(said, `make room: about ${DISK_NEEDED_GIB} GiB are needed`);
}

/** @returns {import('./finding.mjs').Finding} */
export function examineDatasets(dir) {
  const dataDir = settings.dataDir ?? `${dir}/data`;
  if (hasFashionMnist(dataDir)) return ok(`fashion-mnist in ${dataDir}`);
  if (settings.dataDir !== null) return problem(`no fashion-mnist in ${dataDir}`, 'put its four IDX files there');
  const source = canFetchPackages() ? "the distribution's package" : 'a download';
  return ok(`fashion-mnist not fetched yet: the first run takes it from ${source}`);
}
