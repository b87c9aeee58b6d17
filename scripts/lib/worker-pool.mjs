import os from 'node:os';
import { log } from './log.mjs';
import { startWorker } from './services.mjs';
import { settings } from './settings.mjs';
import { connectApi, findBackgroundSystem, ownServices } from './system.mjs';

/** One thread per child: the result does not depend on how many cores the machine has. */
const THREADS = '1';
/** Each child holds a dataset in memory. */
const MOST_WORKERS = 4;

/**
 * Starts workers that are a pool of their own, so that as many jobs run side by side as there are cores, on the service
 * that runs here already or on one of this run. With GPUs one worker has them all.
 *
 * @param {Awaited<ReturnType<typeof import('./prepare.mjs').prepare>>} prepared
 * @param {string} pool
 * @returns {Promise<{ base: string, key: string }>} address and key of the service
 */
export async function startWorkerPool(prepared, pool) {
  const own = ownServices();
  const supervised = { supervised: true, onStart: own.onStart };
  const running = await findBackgroundSystem(prepared);
  if (running !== null) log(`API: using the one that runs at ${running.base}`);
  const { base, key, client, api } = running ?? (await connectApi(prepared, supervised));
  if (api !== undefined) own.watch(api);
  const wanted = Math.min(os.availableParallelism(), MOST_WORKERS);
  for (let slots = 0, number = 1; slots < wanted; number++) {
    const named =
      settings.workerName === null ? {} : { CRUCIBLE_WORKER_NAME: `${settings.workerName}-${pool}-${number}` };
    const more = { ...named, CRUCIBLE_POOL: pool, CRUCIBLE_ENGINE_THREADS: THREADS };
    const service = await startWorker(prepared, client, { ...supervised, more });
    own.watch(service);
    const { engine, slots: found } = service.worker;
    log(`worker ${number}: ready, engine ${engine.name}, ${found.length} x ${found[0].kind}`);
    slots = found[0].kind === 'gpu' ? wanted : slots + found.length;
  }
  return { base, key };
}
