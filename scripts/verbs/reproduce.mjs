import { runBenchFile } from '../lib/bench-file.mjs';
import { buildKey } from '../lib/build.mjs';
import { startWorkerPool } from '../lib/worker-pool.mjs';

const POOL = 'reproduce';

/** The service that the environment names, with its own workers; else one of this clone, with workers for this run. */
async function open(prepared) {
  const { CRUCIBLE_URL, CRUCIBLE_KEY } = process.env;
  if (CRUCIBLE_URL && CRUCIBLE_KEY) return {};
  const { base, key } = await startWorkerPool(prepared, POOL);
  return { CRUCIBLE_URL: base, CRUCIBLE_KEY: key, CRUCIBLE_REPRODUCE_POOL: POOL, CRUCIBLE_BUILD: buildKey() };
}

/**
 * `reproduce METHOD`: runs `bench/reproduce/METHOD`, whose jobs are ordinary ones.
 *
 * @param {string[]} args
 */
export const reproduce = (args) => runBenchFile('bench/reproduce', args, 'reproduce METHOD [--fresh]', open);
