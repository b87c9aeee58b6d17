import { createClient } from './api-client.mjs';
import { keptKey, obtainKey } from './api-key.mjs';
import { buildKey } from './build.mjs';
import { Failure } from './failure.mjs';
import { log } from './log.mjs';
import { identityOf, isRunning } from './process.mjs';
import { clearBackground, readBackground, writeBackground } from './runs.mjs';
import { startApi, startWorker } from './services.mjs';
import { fail, isClosing, onShutdown } from './shutdown.mjs';

/** Page of the dashboard that logs itself in: the part after `#` stays in the browser. */
export const dashboardPage = (base, key) => `${base}/#key=${key}`;

/** Services that are parts of this run: they end with it, and it ends when one of them that is watched does. */
export function ownServices() {
  const started = [];
  onShutdown(async () => {
    await Promise.all(started.map((service) => service.stop()));
    if (started.length > 0) log(`${[...new Set(started.map(({ name }) => name))].join(' and ')}: stopped`);
  });
  return {
    onStart: (service) => started.push(service),
    watch(...services) {
      for (const service of services)
        service.onEnd((code, signal) => {
          if (isClosing()) return;
          const said = service.said().slice(-2000);
          fail(new Failure(`The ${service.name} ended (${code ?? signal}), see ${service.logFile}:\n${said}`));
        });
    },
  };
}

/**
 * Starts API and worker as parts of this run.
 *
 * @param {Awaited<ReturnType<typeof import('./prepare.mjs').prepare>>} prepared
 */
export async function startSystem(prepared) {
  const own = ownServices();
  const { api, worker, ...system } = await connect(prepared, true, own.onStart);
  own.watch(api, worker);
  return { ...system, worker: worker.worker };
}

/**
 * Starts API and worker so that they stay when this run ends.
 *
 * @param {Awaited<ReturnType<typeof import('./prepare.mjs').prepare>>} prepared
 */
export async function startBackgroundSystem(prepared) {
  const services = [];
  const note = { base: '', build: buildKey(), services: [] };
  // Written at each start: what a killed launcher leaves half-way can be stopped all the same.
  const onStart = (service) => {
    services.push(service);
    note.services.push({ name: service.name, ...identityOf(service.pid) });
    writeBackground(prepared.dir, note);
  };
  try {
    const { api, worker, ...system } = await connect(prepared, false, onStart);
    writeBackground(prepared.dir, { ...note, base: api.base });
    return { ...system, worker: worker.worker };
  } catch (error) {
    await Promise.all(services.map((service) => service.stop()));
    clearBackground(prepared.dir);
    throw error;
  }
}

/**
 * Starts an API and gets a key of it; `onStart` gets its process as soon as it runs.
 *
 * @param {Awaited<ReturnType<typeof import('./prepare.mjs').prepare>>} prepared
 * @param {Parameters<typeof startApi>[1]} options
 */
export async function connectApi(prepared, options) {
  const api = await startApi(prepared, options);
  log(`API: ready at ${api.base}`);
  const key = await obtainKey(prepared, api.base);
  return { base: api.base, key, client: createClient(api.base, key), api };
}

/** Starts the services in the order in which they need one another; `onStart` gets each as soon as it runs. */
async function connect(prepared, supervised, onStart) {
  const system = await connectApi(prepared, { supervised, onStart });
  const worker = await startWorker(prepared, system.client, { supervised, onStart });
  const { engine } = worker.worker;
  log(`worker: ready, engine ${engine.name} with ${engine.threads} threads`);
  return { ...system, worker };
}

/**
 * The system that `up` started, if it runs, answers and was built from the sources as they are.
 *
 * @param {Awaited<ReturnType<typeof import('./prepare.mjs').prepare>>} prepared
 * @returns {Promise<{ base: string, key: string, client: object, worker: object } | null>}
 */
export async function findBackgroundSystem({ dir, env }) {
  const note = readBackground(dir);
  const key = keptKey(dir, env.DATABASE_URL);
  if (note === null || key === null || note.build !== buildKey() || !note.services.every(isRunning)) return null;
  const client = createClient(note.base, key);
  try {
    const { data } = await client.get('/v1/workers');
    const worker = data.find(({ state }) => state === 'ready');
    return worker === undefined ? null : { base: note.base, key, client, worker };
  } catch {
    return null;
  }
}
