import crypto from 'node:crypto';
import { createClient } from '../lib/api-client.mjs';
import { keptKey } from '../lib/api-key.mjs';
import { sleep } from '../lib/process.mjs';
import { readBackground } from '../lib/runs.mjs';
import { ok, problem } from './finding.mjs';
import { databaseUrl } from './servers.mjs';

const PROBE_LIMIT_MS = 60_000;
const ENDED = ['succeeded', 'failed', 'canceled'];
/** As small as a job can be: some seconds on any engine. */
const PROBE = {
  method: 'zen-nas',
  name: 'doctor',
  seed: 1,
  priority: 100,
  tags: { probe: 'doctor' },
  config: {
    score: { batchSize: 4 },
    search: {
      population: 4,
      warmPool: 2,
      iterations: 8,
      maxScored: 4,
      generation: 2,
      finalRescoreTopK: 1,
      finalRescoreRepeats: 1,
      initStructure: 'SuperConvK3BNRELU(1,8,1,1)SuperResK3K3(8,8,2,8,1)SuperConvK1BNRELU(8,16,1,1)',
    },
    budget: { params: 30_000, depth: 6 },
    training: { epochs: 0 }, // the search alone
  },
};

/**
 * The service that `up` started, if there is one.
 *
 * @param {string} dir state folder
 * @returns {{ base: string | null, client: ReturnType<typeof createClient> | null }}
 */
export function findService(dir) {
  const base = readBackground(dir)?.base || null;
  const url = databaseUrl(dir);
  const key = url === null ? null : keptKey(dir, url);
  return { base, client: base === null || key === null ? null : createClient(base, key) };
}

const NO_SERVICE = 'not examined: no service runs here in the background';

/** @returns {Promise<import('./finding.mjs').Finding>} */
export async function examineWorkers(_dir, { client }) {
  if (client === null) return ok(NO_SERVICE);
  const { data } = await client.get('/v1/workers');
  const remedy = 'start one: ./crucible up, or a worker of its own (docs/operations.md)';
  const ready = data.filter(({ state }) => state === 'ready');
  if (ready.length === 0) return problem('no worker is ready: queued jobs wait', remedy);
  const said = ready.map(
    ({ name, engine, slots }) => `${name}: ${engine.name} on ${engine.device}, ${slots.length} slots`,
  );
  const lost = data.filter(({ state }) => state === 'lost').map(({ name }) => name);
  if (lost.length > 0)
    return problem(`lost: ${lost.join(', ')}; ${said.join('; ')}`, 'look at that machine; its jobs go on elsewhere');
  const plain = ready.filter(({ engine }) => engine.name === 'cpu');
  if (plain.length === ready.length)
    return problem(
      `${said.join('; ')}: plain JavaScript, a hundred times slower`,
      plain[0].engine.reasons.map(({ message }) => message).join('; '),
    );
  return ok(said.join('; '));
}

/**
 * Sends one small job all the way and takes the time: the best single sign of health.
 *
 * @returns {Promise<import('./finding.mjs').Finding>}
 */
export async function examineEndToEnd(_dir, { client, isProbing }) {
  if (client === null) return ok(NO_SERVICE);
  if (!isProbing) return ok('not examined: --no-probe');
  const start = performance.now();
  const seconds = () => ((performance.now() - start) / 1000).toFixed(1);
  let job = await client.post('/v1/jobs', PROBE, crypto.randomUUID());
  let startedAfter = null;
  while (!ENDED.includes(job.state) && performance.now() - start < PROBE_LIMIT_MS) {
    await sleep(50);
    job = await client.get(`/v1/jobs/${job.id}`);
    if (startedAfter === null && job.startedAt !== null) startedAfter = seconds();
  }
  if (job.state === 'succeeded') return ok(`a probe job ran after ${startedAfter} s and was done after ${seconds()} s`);
  const why = job.detail ?? job.waiting?.message ?? 'no reason given';
  const remedy = `./crucible show ${job.id} and ./crucible logs ${job.id} say more`;
  if (ENDED.includes(job.state)) return problem(`the probe job ended as ${job.state}: ${why}`, remedy);
  await client.post(`/v1/jobs/${job.id}/cancel`, {}, crypto.randomUUID());
  if (startedAfter !== null) return ok(`a probe job ran after ${startedAfter} s; it was slow and is canceled`);
  const waits = job.state === 'queued' && /busy|slot|position|before/i.test(why);
  const said = `the probe job is ${job.state} after ${seconds()} s: ${why}`;
  return waits ? ok(`${said} (the cluster is busy)`) : problem(said, remedy);
}
