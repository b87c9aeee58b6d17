import crypto from 'node:crypto';
import { progressPrinter, resultText } from '../lib/demo-report.mjs';
import { followJob } from '../lib/follow-job.mjs';
import { log } from '../lib/log.mjs';
import { prepare } from '../lib/prepare.mjs';
import { setLastLine } from '../lib/shutdown.mjs';
import { dashboardPage, findBackgroundSystem, startSystem } from '../lib/system.mjs';

/** Name of the job. */
const NAME = 'demo';
/** The same search and training every time, so that two machines can be compared. */
const SEED = 1;

/** Never settles: what runs ends by a signal. */
const untilInterrupted = () => new Promise(() => setInterval(() => {}, 1 << 30));

/** The full preset needs a real engine: plain JavaScript tensors would take hours over it. */
function presetFor(worker, engine) {
  if (worker.engine.name !== 'cpu') return 'demo';
  log('the native engine is not available: running the small preset on plain JavaScript tensors');
  for (const { engine: name, message } of worker.engine.reasons) log(`  ${name}: ${message}`);
  if (engine.remedy !== undefined) log(`  remedy: ${engine.remedy}`);
  return 'demo-plain';
}

/** A demo that was interrupted: its job goes on from the last checkpoint, so it is followed and not run again. */
async function findInterrupted(client, preset) {
  const { data } = await client.get('/v1/jobs?state=queued,running&method=zen-nas&name=demo');
  return data.findLast((job) => job.name === NAME && job.preset === preset) ?? null; // the oldest runs first
}

async function submit(client, preset) {
  const earlier = await findInterrupted(client, preset);
  if (earlier !== null) {
    log(`job ${earlier.id}: going on from its last checkpoint, an earlier demo was interrupted`);
    return earlier;
  }
  const body = { method: 'zen-nas', preset, config: {}, name: NAME, seed: SEED };
  const job = await client.post('/v1/jobs', body, crypto.randomUUID());
  log(`job ${job.id}: submitted, preset ${preset}`);
  return job;
}

/**
 * `demo`: submits a Zen-NAS job to the service, follows it and prints its result. Interrupted and started again, it
 * goes on where it was.
 *
 * @param {string[]} args `--keep` leaves the service running until Ctrl-C
 * @returns {Promise<number>} exit code: 0 only when the job succeeded
 */
export async function demo(args) {
  const prepared = await prepare();
  const background = await findBackgroundSystem(prepared);
  const system = background ?? (await startSystem(prepared));
  const { base, key, client } = system;
  const page = dashboardPage(base, key);
  log(`dashboard: ${page}`);
  const submitted = await submit(client, presetFor(system.worker, prepared.engine));
  const job = await followJob(client, submitted.id, progressPrinter(client));
  const keep = args.includes('--keep');
  const text =
    job.state === 'succeeded'
      ? resultText(job, { databaseUrl: prepared.env.DATABASE_URL, page, isStaying: keep || background !== null })
      : `The job ended as ${job.state} (${job.endCode}): ${job.detail}. Logs lie in ${prepared.dir}.`;
  if (keep) {
    console.log(`\n${text}\n`);
    log(`everything keeps running, API key ${key}; Ctrl-C stops it`);
    await untilInterrupted();
  }
  setLastLine(() => `\n${text}`);
  return job.state === 'succeeded' ? 0 : 1;
}
