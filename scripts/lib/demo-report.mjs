import { log } from './log.mjs';
import { withoutPassword } from './postgres-connect.mjs';

const PROGRESS_INTERVAL_MS = 2000;
/** Curves worth a place in a progress line, with the word used for them. */
const SHOWN = {
  'search/best': 'best score',
  'search/candidates-per-second': 'candidates/s',
  'train/loss': 'loss',
  'train/accuracy': 'train accuracy',
  'test/accuracy': 'test accuracy',
};
const PHASE_CURVES = { search: /^search\//, train: /^(train|test)\// };

const rounded = (value) => (typeof value === 'number' ? Number(value.toPrecision(4)) : value);
const grouped = (value) => (typeof value === 'number' ? value.toLocaleString('en-US') : String(value));

/**
 * Makes a function that prints one line about a running job every two seconds, and one at each change of state.
 *
 * @param {ReturnType<typeof import('./api-client.mjs').createClient>} client
 * @returns {(job: object) => Promise<void>}
 */
export function progressPrinter(client) {
  let state = null;
  let next = 0;
  return async (job) => {
    if (job.state !== state) {
      state = job.state;
      log(`job ${state}${job.waiting ? `: ${job.waiting.message}` : ''}`);
    }
    if (job.state !== 'running' || job.progress === null || performance.now() < next) return;
    next = performance.now() + PROGRESS_INTERVAL_MS;
    const { phase, done, total, message } = job.progress;
    const { data } = await client.get(`/v1/jobs/${job.id}/metrics`);
    const ofPhase = PHASE_CURVES[phase] ?? /./;
    const values = data
      .filter(({ key }) => key in SHOWN && ofPhase.test(key))
      .map(({ key, lastValue }) => `${SHOWN[key]} ${rounded(lastValue)}`);
    log([`${phase} ${grouped(done)}/${grouped(total)}`, ...values, message].filter((part) => part !== '').join(' | '));
  };
}

/**
 * Prints what the demo job found and where it can be looked at.
 *
 * @param {object} job final state
 * @param {{ databaseUrl: string, page: string }} places
 */
export function printResult(job, { databaseUrl, page }) {
  const { summary } = job;
  const rows = [
    ['job', `${job.id} (${job.method}, preset ${job.preset}, seed ${job.seed})`],
    ['structure', summary.structure],
    ['Zen-score', rounded(summary.score)],
    ['parameters', grouped(summary.params)],
    ['FLOPs', `${grouped(summary.flops)} multiply-accumulates per image`],
    ['test accuracy', summary.testAccuracy === null ? 'not trained' : summary.testAccuracy.toFixed(4)],
    ['candidates', `${grouped(summary.candidatesScored)} scored, ${grouped(summary.candidatesRejected)} rejected`],
    ['speed', `${rounded(summary.candidatesPerSecond)} candidates per second`],
    ['rows', `${withoutPassword(databaseUrl)}, tables ${databaseTables.join(', ')}`],
    ['dashboard', page],
  ];
  console.log('');
  for (const [name, value] of rows) console.log(`  ${name.padEnd(14)} ${value}`);
  console.log('');
}

/** Tables in which a job lies. */
const databaseTables = ['jobs', 'attempts', 'metric_points', 'checkpoints', 'artifacts'];
