/** Program of the native engine: `ours.ts THREADS PRECISION`, then one request a line on standard input. */
import { createInterface } from 'node:readline';
import { loadEngine, resetSlowPath, slowPath } from '@crucible/engine-native';
import type { Network } from './network.ts';
import type { Run, Times, Workload } from './requests.ts';
import { BUILD } from './workloads.ts';

const [threads, precision] = process.argv.slice(2);
const engine = await loadEngine({
  engine: 'onednn',
  threads: Number(threads),
  precision: precision === 'bf16' ? 'bf16' : 'f32',
});
const networks = new Map<Workload, Network>();

function networkOf(workload: Workload): Network {
  const network = networks.get(workload) ?? BUILD[workload]();
  networks.set(workload, network);
  return network;
}

function run({ workload, mode, count }: Run): Times {
  const network = networkOf(workload);
  const wall: number[] = [];
  const cpu: number[] = [];
  resetSlowPath();
  for (let at = 0; at < count; at += 1) {
    const used = process.cpuUsage();
    const start = performance.now();
    if (!Number.isFinite(mode === 'step' ? network.step() : network.forward())) {
      throw new Error(`${workload} ${mode}: the result is not finite`);
    }
    wall.push(performance.now() - start);
    const { user, system } = process.cpuUsage(used);
    cpu.push((user + system) / 1000);
  }
  return { wall, cpu, slowPath: Object.fromEntries(slowPath()), residentBytes: process.memoryUsage.rss() };
}

console.log(JSON.stringify({ version: `oneDNN ${engine.versions.oneDnn}, ${engine.isa}` }));
for await (const line of createInterface({ input: process.stdin })) console.log(JSON.stringify(run(JSON.parse(line))));
