import { log } from './log.mjs';
import { withoutPassword } from './postgres-connect.mjs';

const PROGRESS_INTERVAL_MS = 2000;
/** A line that says nothing new is printed only after this time, as a sign of life. */
const SILENCE_LIMIT_MS = 15_000;
/** Curves worth a place in a progress line, with the word used for them. */
const SHOWN = {
  'search/best': 'best score',
  'search/candidates-per-second': 'candidates/s',
  'train/loss': 'loss',
  'train/accuracy': 'train accuracy',
  'test/accuracy': 'test accuracy',
};
const OF_SEARCH = /^search\//;
const OF_TRAINING = /^(train|test)\//;
const PHASE_CURVES = { search: OF_SEARCH, rescore: OF_SEARCH, train: OF_TRAINING, test: OF_TRAINING };

const rounded = (value) => (typeof value === 'number' ? Number(value.toPrecision(4)) : value);
const grouped = (value) => (typeof value === 'number' ? value.toLocaleString('en-US') : String(value));

/** Phase, count and the newest values of a running job in one line. */
function progressLine({ phase, done, total, message }, series) {
  const ofPhase = PHASE_CURVES[phase] ?? /./;
  const values = series
    .filter(({ key }) => key in SHOWN && ofPhase.test(key))
    .map(({ key, lastValue }) => `${SHOWN[key]} ${rounded(lastValue)}`);
  return [`${phase} ${grouped(done)}/${grouped(total)}`, ...values, message].filter((part) => part !== '').join(' | ');
}

/**
 * Makes a function that prints one line about a job every two seconds if there is news.
 *
 * @param {ReturnType<typeof import('./api-client.mjs').createClient>} client
 * @returns {(job: object) => Promise<void>}
 */
export function progressPrinter(client) {
  let last = { line: '', time: 0 };
  let next = 0;
  const print = (line, now) => {
    if (line === last.line && now - last.time < SILENCE_LIMIT_MS) return;
    last = { line, time: now };
    log(line);
  };
  return async (job) => {
    const now = performance.now();
    if (job.state !== 'running') return print(`job ${job.state}${job.waiting ? `: ${job.waiting.message}` : ''}`, now);
    if (job.progress === null || now < next) return;
    next = now + PROGRESS_INTERVAL_MS;
    const { data } = await client.get(`/v1/jobs/${job.id}/metrics`);
    print(progressLine(job.progress, data), now);
  };
}

/** Tables in which a job lies. */
const TABLES = ['job', 'attempt', 'series', 'metric_point', 'checkpoint', 'artifact'];

/**
 * What the demo job found and where it can be looked at.
 *
 * @param {object} job final state
 * @param {{ databaseUrl: string, page: string, isStaying: boolean }} places `isStaying`: the service keeps running
 * @returns {string} a line for each value
 */
export function resultText(job, { databaseUrl, page, isStaying }) {
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
    ['rows', `${withoutPassword(databaseUrl)}, tables ${TABLES.join(', ')}`],
    ['dashboard', isStaying ? page : `${page} until now; "./crucible up" starts it again, with this job`],
  ];
  return rows.map(([name, value]) => `  ${name.padEnd(14)} ${value}`).join('\n');
}
