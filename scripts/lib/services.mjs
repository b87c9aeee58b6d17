import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Failure } from './failure.mjs';
import { freePort, PORT_ATTEMPTS } from './ports.mjs';
import { sleep, stopPid } from './process.mjs';
import { inProject } from './project.mjs';
import { sessionSecret } from './session-secret.mjs';
import { settings } from './settings.mjs';
import { withSpool } from './spool.mjs';

const START_LIMIT_MS = 60_000;
/** The worker gives its job a last checkpoint before it ends; after this time it is killed. */
const STOP_LIMIT_MS = 12_000;

const ENTRY = { api: 'apps/api/dist/main.js', worker: 'apps/worker/dist/main.js' };

/**
 * Starts one service.
 *
 * A supervised one ends with the launcher, however that ends: it watches its standard input. A background one is left
 * alone.
 *
 * @param {keyof typeof ENTRY} name
 * @param {string} dir state folder, for the log
 * @param {Record<string, string>} env
 * @param {boolean} supervised
 */
function start(name, dir, env, supervised) {
  const logFile = path.join(dir, `${name}.log`);
  const from = fs.existsSync(logFile) ? fs.statSync(logFile).size : 0;
  const out = fs.openSync(logFile, 'a');
  const child = spawn(process.execPath, [inProject(ENTRY[name])], {
    cwd: inProject(),
    stdio: [supervised ? 'pipe' : 'ignore', out, out],
    detached: true, // Ctrl-C reaches the launcher alone, which then stops the services in order
    env: { ...process.env, ...env, ...(supervised ? { CRUCIBLE_SUPERVISED: '1' } : {}) },
  });
  fs.closeSync(out);
  const service = { name, pid: child.pid, logFile, hasEnded: false };
  child.on('error', () => (service.hasEnded = true));
  child.on('exit', () => (service.hasEnded = true));
  child.stdin?.on('error', () => {}); // it ended before we did: reported by whoever waits for it
  if (!supervised) child.unref();
  service.said = () => fs.readFileSync(logFile).subarray(from).toString('utf8');
  service.onEnd = (action) => (service.hasEnded ? action(child.exitCode, child.signalCode) : child.on('exit', action));
  service.stop = () => (service.hasEnded ? Promise.resolve() : stopPid(child.pid, 'SIGTERM', STOP_LIMIT_MS));
  return service;
}

const isReady = (base) =>
  fetch(`${base}/readyz`, { signal: AbortSignal.timeout(3000) }).then(
    (response) => response.ok,
    () => false,
  );

/**
 * Starts the API and waits until it answers. A port that was taken meanwhile is replaced by another, unless
 * `CRUCIBLE_PORT` asks for one.
 *
 * @param {{ dir: string, serviceEnv: Record<string, string> }} prepared see `prepare`
 * @param {{ supervised: boolean, onStart: (service: ReturnType<typeof start>) => void }} options `onStart` is called
 *   with each process as soon as it runs, so that it can be stopped whatever happens next
 * @returns {Promise<{ base: string } & ReturnType<typeof start>>} `base`: its address
 * @throws {Failure} with the end of its log
 */
export async function startApi({ dir, serviceEnv: env }, { supervised, onStart }) {
  for (let attempt = 1; ; attempt++) {
    const port = settings.apiPort ?? String(await freePort());
    const address = { CRUCIBLE_HOST: '127.0.0.1', CRUCIBLE_PORT: port };
    const page = { CRUCIBLE_DASHBOARD_DIR: inProject('apps/dashboard/dist') };
    const session = { CRUCIBLE_SESSION_SECRET: process.env.CRUCIBLE_SESSION_SECRET || sessionSecret(dir) };
    const api = start('api', dir, { ...env, ...address, ...page, ...session }, supervised);
    onStart(api);
    const base = `http://127.0.0.1:${port}`;
    const deadline = performance.now() + START_LIMIT_MS;
    while (!api.hasEnded && performance.now() < deadline) {
      if (await isReady(base)) return Object.assign(api, { base });
      await sleep(50);
    }
    const taken = api.hasEnded && api.said().includes('EADDRINUSE');
    if (taken && settings.apiPort === null && attempt < PORT_ATTEMPTS) continue;
    await api.stop();
    throw new Failure(`The API did not become ready (${api.logFile}):\n${api.said().slice(-3000)}`);
  }
}

/**
 * Starts a worker and waits until it has registered.
 *
 * @param {{ dir: string, serviceEnv: Record<string, string> }} prepared see `prepare`
 * @param {ReturnType<typeof import('./api-client.mjs').createClient>} client
 * @param {Parameters<typeof startApi>[1] & { more?: Record<string, string> }} options `more`: settings of this worker
 * @returns {Promise<{ worker: object } & ReturnType<typeof start>>} `worker`: as the API shows it
 * @throws {Failure} with the end of its log
 */
export async function startWorker({ dir, serviceEnv: env }, client, { supervised, onStart, more = {} }) {
  // A worker that was killed a moment ago still counts as ready: the new one is told from it by its start.
  const key = ({ id, startedAt }) => `${id} ${startedAt}`;
  const before = new Set((await client.get('/v1/workers')).data.map(key));
  const service = await withSpool(dir, (spool, number) => {
    // Two workers of one clone need two names; a name comes back with its folder.
    const name = { CRUCIBLE_WORKER_NAME: settings.workerName ?? `${os.hostname()}-${number}` };
    return start('worker', dir, { ...env, ...name, ...more, CRUCIBLE_STATE_DIR: spool }, supervised);
  });
  onStart(service);
  const deadline = performance.now() + START_LIMIT_MS;
  while (!service.hasEnded && performance.now() < deadline) {
    const { data } = await client.get('/v1/workers');
    const worker = data.find((item) => item.state === 'ready' && !before.has(key(item)));
    if (worker !== undefined) return Object.assign(service, { worker });
    await sleep(100);
  }
  await service.stop();
  throw new Failure(`The worker did not register (${service.logFile}):\n${service.said().slice(-3000)}`);
}
