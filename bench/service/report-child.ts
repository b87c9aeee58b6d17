/** @file A method that does nothing but report, in a child as a worker starts it; tells its parent what that cost. */

import { connectParent, createContext } from '@crucible/worker/testing';
import { median } from './timing.ts';

const SERIES = 20;
const STEPS = 20_000;
const WARM_STEPS = 2000;
/** A step that is quick for training a network on these machines. */
const STEP_MS = 20;

const keys = Array.from({ length: SERIES }, (_, i) => `train/metric-${i}`);
const context = createContext({
  start: {
    kind: 'start',
    jobId: '',
    attempt: 1,
    method: 'zen-nas',
    config: {},
    seed: 1,
    dataDir: '',
    spoolDir: '',
    engine: { name: 'cpu', threads: 1 },
    resume: null,
  },
  engine: { name: 'cpu', device: '', threads: 1, isa: '', versions: {}, reasons: [] },
  descriptor: {
    id: 'zen-nas',
    metrics: keys.map((name) => ({ name, unit: 'nats', better: 'lower', description: 'a number' })),
    artifacts: [],
  },
  link: connectParent(process),
  resumeFrom: null,
  stopRequest: () => 'no',
  released: async () => {},
});

let times: number[] = [];
const report = (step: number): void => {
  const values = Object.fromEntries(keys.map((key, i) => [key, step / (i + 1)]));
  const start = performance.now();
  context.report(step, values);
  times.push(performance.now() - start);
};
for (let step = 0; step < WARM_STEPS; step++) {
  report(step);
  await context.shouldStop();
}
times = [];
const cpu = process.cpuUsage();
for (let step = WARM_STEPS; step < WARM_STEPS + STEPS; step++) {
  report(step);
  await context.shouldStop();
}
const used = process.cpuUsage(cpu);
const perStepMs = (used.user + used.system) / 1000 / STEPS;
context.flush();
process.send?.({ reportUs: 1000 * median(times), share: perStepMs / STEP_MS }, undefined, {}, () =>
  process.disconnect(),
);
