// Builds packages/engine-native/build/onednn.node with the C++ compiler alone: no node-gyp, no install hook.
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { canFetchPackages, directDependencies, extractPackages } from './debfetch.mjs';
import { run, which } from './process.mjs';

const PACKAGE = fileURLToPath(new URL('../../packages/engine-native/', import.meta.url));
const SOURCES = path.join(PACKAGE, 'native');
const BUILD = path.join(PACKAGE, 'build');
const ADDON = path.join(BUILD, 'onednn.node');
const PARALLEL_COMPILES = 2;

// x86-64-v3 (AVX2, FMA) runs on every machine the engine accepts; oneDNN itself picks wider code at run time.
// -ffast-math is left out on purpose: in a shared library it sets flush-to-zero for the whole process.
const COMPILE_FLAGS =
  '-std=c++17 -O3 -fPIC -fopenmp -march=x86-64-v3 -fno-math-errno -fno-trapping-math -fvisibility=hidden -Wall -Wextra'.split(
    ' ',
  );

const SYSTEM_INCLUDES = ['/usr/include', '/usr/local/include'];
const SYSTEM_LIBRARIES = ['/usr/lib/x86_64-linux-gnu', '/usr/lib64', '/usr/lib', '/usr/local/lib', '/usr/local/lib64'];

class BuildFailure extends Error {
  constructor(reason, message, remedy) {
    super(message);
    this.reason = reason;
    this.remedy = remedy;
  }
}

const sha256 = (...parts) => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part).update('\0');
  return hash.digest('hex');
};

function findLibrary(includes, libraries) {
  const include = includes.find((folder) => fs.existsSync(path.join(folder, 'dnnl.hpp')));
  const library = libraries.find((folder) => fs.existsSync(path.join(folder, 'libdnnl.so')));
  return include && library ? { include, library } : undefined;
}

/** Folders of oneDNN's headers and library: the system's, or unpacked below the state folder. */
async function findOneDnn(stateDir, log) {
  const system = findLibrary(SYSTEM_INCLUDES, SYSTEM_LIBRARIES);
  if (system) return { ...system, isSystem: true };
  const remedy = 'install oneDNN (Debian, Ubuntu: apt-get install libdnnl-dev) and build again';
  const root = path.join(stateDir, 'native-deps');
  const findUnpacked = () =>
    findLibrary(
      [path.join(root, 'usr/include')],
      SYSTEM_LIBRARIES.map((folder) => path.join(root, folder)),
    );
  if (!findUnpacked()) {
    if (!canFetchPackages()) throw new BuildFailure('no-onednn', 'oneDNN is not installed', remedy);
    log('native engine: fetching oneDNN (libdnnl-dev) into the state folder');
    fs.rmSync(root, { recursive: true, force: true });
    try {
      // The library itself is named too: a system that has it without its headers may lose it again.
      const library = (await directDependencies('libdnnl-dev')).filter((name) => name.startsWith('libdnnl'));
      await extractPackages(['libdnnl-dev', ...library], root);
    } catch (cause) {
      throw new BuildFailure('no-onednn', `oneDNN could not be fetched: ${cause.message}`, remedy);
    }
  }
  const unpacked = findUnpacked();
  if (!unpacked) throw new BuildFailure('no-onednn', `libdnnl-dev holds no oneDNN that fits`, remedy);
  return { ...unpacked, isSystem: false };
}

function findCompiler() {
  for (const name of [process.env.CXX, 'g++', 'c++', 'clang++']) {
    const found = name && (path.isAbsolute(name) ? name : which(name));
    if (found) return found;
  }
  throw new BuildFailure(
    'no-compiler',
    'no C++ compiler found (looked for g++, c++, clang++)',
    'install one (Debian, Ubuntu: apt-get install g++) and build again',
  );
}

function nativeFiles() {
  const files = fs.readdirSync(SOURCES, { recursive: true }).map(String).sort();
  return {
    sources: files.filter((file) => file.endsWith('.cc')),
    headers: files.filter((file) => file.endsWith('.h')),
  };
}

/** Compiles every source whose object is not there yet; an object's name holds the hash of all it was made from. */
async function compileObjects(compiler, flags, fingerprint, log) {
  const { sources, headers } = nativeFiles();
  const headerHash = sha256(...headers.map((file) => fs.readFileSync(path.join(SOURCES, file))));
  const folder = path.join(BUILD, 'objects');
  fs.mkdirSync(folder, { recursive: true });
  const objects = sources.map((source) => {
    const hash = sha256(fingerprint, headerHash, source, fs.readFileSync(path.join(SOURCES, source)));
    return { source, object: path.join(folder, `${source.replaceAll('/', '-')}.${hash.slice(0, 16)}.o`) };
  });
  const waiting = objects.filter(({ object }) => !fs.existsSync(object));
  if (waiting.length > 0) log(`native engine: compiling ${waiting.length} of ${objects.length} files`);
  const compileWaiting = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const partial = `${next.object}.${process.pid}`;
      const { err } = await run(compiler, [...flags, '-c', path.join(SOURCES, next.source), '-o', partial]);
      if (err.trim() !== '') log(err.trim());
      fs.renameSync(partial, next.object);
    }
  };
  await Promise.all(Array.from({ length: PARALLEL_COMPILES }, compileWaiting));
  const kept = new Set(objects.map(({ object }) => path.basename(object)));
  for (const file of fs.readdirSync(folder)) if (!kept.has(file)) fs.rmSync(path.join(folder, file), { force: true });
  return objects.map(({ object }) => object);
}

async function build(stateDir, log) {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new BuildFailure(
      'unsupported-platform',
      `the native engine is built for linux-x64, this is ${process.platform}-${process.arch}`,
      'run on linux-x64, or go on with another engine',
    );
  }
  const compiler = findCompiler();
  const oneDnn = await findOneDnn(stateDir, log);
  const nodeHeaders = createRequire(path.join(PACKAGE, 'package.json'))('node-api-headers').include_dir;
  const includes = oneDnn.isSystem ? [] : ['-isystem', oneDnn.include];
  const flags = [...COMPILE_FLAGS, '-isystem', nodeHeaders, ...includes];
  // DT_RPATH rather than DT_RUNPATH: libdnnl's own dependencies may lie in the same unpacked folder
  const rpath = oneDnn.isSystem ? [] : [`-L${oneDnn.library}`, `-Wl,--disable-new-dtags,-rpath,${oneDnn.library}`];
  const linkFlags = ['-shared', '-fopenmp', ...rpath, '-ldnnl'];

  const { out: compilerVersion } = await run(compiler, ['--version']).catch((cause) => {
    throw new BuildFailure('no-compiler', `${compiler} does not run: ${cause.message}`, 'install g++ or correct CXX');
  });
  const oneDnnVersion = fs.readFileSync(
    ['oneapi/dnnl/dnnl_version.h', 'dnnl_version.h']
      .map((file) => path.join(oneDnn.include, file))
      .find((file) => fs.existsSync(file)) ?? path.join(oneDnn.include, 'dnnl.hpp'),
  );
  const fingerprint = sha256(compiler, compilerVersion, oneDnnVersion, ...flags);
  const { sources, headers } = nativeFiles();
  const contents = [...sources, ...headers].flatMap((file) => [file, fs.readFileSync(path.join(SOURCES, file))]);
  const wanted = sha256(fingerprint, ...linkFlags, ...contents);
  const stamp = path.join(BUILD, 'onednn.hash');
  if (fs.existsSync(ADDON) && fs.existsSync(stamp) && fs.readFileSync(stamp, 'utf8') === wanted) return;

  fs.mkdirSync(BUILD, { recursive: true });
  try {
    const objects = await compileObjects(compiler, flags, fingerprint, log);
    const partial = `${ADDON}.${process.pid}`;
    await run(compiler, ['-o', partial, ...objects, ...linkFlags]);
    fs.renameSync(partial, ADDON);
    fs.writeFileSync(stamp, wanted);
  } catch (cause) {
    throw new BuildFailure('compile-failed', cause.message, 'read the compiler message above; the log has the rest');
  }
  log(`native engine: built ${path.relative(process.cwd(), ADDON)}`);
}

/**
 * Builds the native CPU engine if its sources or flags changed since the last time.
 *
 * @param options.stateDir folder that may be written to; oneDNN is unpacked there if the system has none
 * @param options.log called with one line of progress at a time
 * @param options.required throw instead of returning `built: false`
 * @returns `{ built: true }`, or `{ built: false, reason, remedy }` with reason one of `no-compiler`,
 *   `no-onednn`, `unsupported-platform`, `compile-failed`
 */
export async function buildNative({ stateDir, log = () => {}, required = false }) {
  try {
    await build(path.resolve(stateDir), log);
    return { built: true };
  } catch (cause) {
    // whatever goes wrong here, the product runs without this engine
    const failure =
      cause instanceof BuildFailure
        ? cause
        : new BuildFailure('compile-failed', cause.message, 'see the message above, then build again');
    if (required) throw failure;
    log(`native engine: not built (${failure.reason}): ${failure.message}`);
    return { built: false, reason: failure.reason, remedy: failure.remedy };
  }
}
