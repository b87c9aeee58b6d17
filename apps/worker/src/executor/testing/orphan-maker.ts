/** @file Starts a child that never ends by itself, prints its pid and waits to be killed. */
import { forkChild } from '../fork.ts';

const [spoolDir = ''] = process.argv.slice(2);
const child = forkChild({
  module: new URL(import.meta.url.replace('orphan-maker', 'tiny-child')),
  env: Object.fromEntries(Object.entries(process.env).map(([name, value]) => [name, String(value)])),
  onMessage: (message) => {
    if (message.kind === 'progress') process.stdout.write(`${child.pid}\n`);
  },
  onLine: () => {},
  onMisfit: () => {},
});
child.send({
  kind: 'start',
  jobId: 'job',
  attempt: 1,
  method: 'tiny',
  config: { steps: 10, every: 5, at: 1, fault: 'deaf' },
  seed: 1,
  dataDir: spoolDir,
  spoolDir,
  engine: { name: 'none', threads: 1 },
  resume: null,
});
