/**
 * `bench service [--only=chart,ingest]`: what the service promises in numbers, on a database of its own with the real
 * API process. Every row says its target; the last line is JSON. On a busy machine readings are worse, so the load is
 * named with them.
 */
import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { tellLastLine } from './last-line.ts';
import { checkpoint } from './service/checkpoint-row.ts';
import { chart, claimLong, compare } from './service/curves.ts';
import { dispatch } from './service/dispatch.ts';
import { ingest } from './service/ingest.ts';
import { lists } from './service/lists.ts';
import { supervisorMemory } from './service/memory.ts';
import { preemption } from './service/preemption.ts';
import { reportCost } from './service/report-cost.ts';
import { isMet, type Reading, type Row, type Skipped } from './service/row.ts';
import { schedulerPass } from './service/scheduler-pass.ts';
import { openSetting } from './service/setting.ts';
import { recovery, submitToRunning } from './service/start.ts';
import { stream } from './service/stream.ts';
import { submit, submitBatch } from './service/submit.ts';

/** In the order in which they run: those that leave much behind come last. */
const ROWS: Record<string, Row> = {
  submit,
  submitToRunning,
  ingest,
  reportCost,
  chart,
  compare,
  claimLong,
  stream,
  supervisorMemory,
  checkpoint,
  schedulerPass,
  preemption,
  recovery,
  submitBatch,
  dispatch,
  lists,
};

const { values: options } = parseArgs({ options: { only: { type: 'string', default: Object.keys(ROWS).join() } } });
const chosen = options.only.split(',');
const unknown = chosen.filter((name) => !(name in ROWS));
if (unknown.length > 0) {
  console.error(`--only: there is no row ${unknown.join(', ')}; there are ${Object.keys(ROWS).join(', ')}`);
  process.exit(2);
}

const rounded = (value: number): number => Number(value.toPrecision(4));
const load = (): number => rounded(loadavg()[0] ?? 0);
const targetText = ({ target }: Reading): string =>
  target === null ? '' : 'atMost' in target ? `at most ${target.atMost}` : `at least ${target.atLeast}`;

const readings: Reading[] = [];
const skipped: Skipped[] = [];
const loads: Record<string, number> = {};
const setting = await openSetting();
try {
  for (const [name, row] of Object.entries(ROWS)) {
    if (!chosen.includes(name)) continue;
    const results = await row(setting).catch((error: Error) => [{ name, reason: `failed: ${error.message}` }]);
    loads[name] = load();
    for (const result of results) {
      if ('reason' in result) {
        skipped.push(result);
        console.log(`${result.name.padEnd(30)} ${result.reason}`);
        continue;
      }
      readings.push(result);
      const verdict = result.target === null ? '' : isMet(result) ? 'met' : 'MISSED';
      const cells = [
        result.name.padEnd(30),
        String(rounded(result.value)).padStart(10),
        targetText(result).padEnd(18),
        verdict,
      ];
      console.log(`${cells.join('  ')}  load ${loads[name]}`);
    }
  }
} finally {
  await setting.close();
}
const missed = [...readings.filter((reading) => !isMet(reading)), ...skipped].map(({ name }) => name);
const values = Object.fromEntries(readings.map(({ name, value }) => [name, rounded(value)]));
await tellLastLine(
  JSON.stringify({
    bench: 'service',
    cpus: cpus().length,
    cpu: cpus()[0]?.model ?? '',
    loads,
    ...values,
    skipped,
    missed,
  }),
);
