/**
 * `bench engine [--quick] [--only=cnn,zen] [--no-memory]`: the native engine against PyTorch on the same threads.
 *
 * Both run in processes of their own and are asked in turn. One thread is judged by CPU time, which other
 * load disturbs little; two threads by wall time, which says nothing on a busy machine.
 */
import { parseArgs } from 'node:util';
import { findTorch } from './engine/find-torch.ts';
import { type Program, startOurs, startTorch } from './engine/program.ts';
import { modesOf, PRECISIONS, type Precision, type Run, type Times, WORKLOADS } from './engine/requests.ts';
import { missedTargets } from './engine/targets.ts';
import { tellLastLine } from './last-line.ts';

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string', default: WORKLOADS.join() },
    'no-memory': { type: 'boolean', default: false },
  },
});
const chosen = WORKLOADS.filter((workload) => options.only.split(',').includes(workload));
const ROUNDS = options.quick ? 3 : 7;
/** Time that a program works before the other has its turn. */
const TURN_MS = 1500;
const MAX_RUNS = 100;
/** Steps before the first and before the last reading of memory. */
const MEMORY_STEPS = options.quick ? [20, 80] : [200, 2000];

const median = (numbers: readonly number[]): number => {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? Number.NaN;
};
const rounded = (value: number): number => Number(value.toFixed(3));

interface Medians {
  readonly wall: number;
  readonly cpu: number;
}

/** Medians of every way of asking, the programs working in turn. */
async function inTurn(ways: readonly { program: Program; request: Omit<Run, 'count'> }[]): Promise<Medians[]> {
  const counts: number[] = [];
  for (const { program, request } of ways) {
    await program.run({ ...request, count: 1 }); // plans, packed weights, pool
    const once = median((await program.run({ ...request, count: 1 })).wall);
    counts.push(Math.min(MAX_RUNS, Math.max(1, Math.round(TURN_MS / once))));
  }
  const times: Times[][] = ways.map(() => []);
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [at, { program, request }] of ways.entries()) {
      times[at]?.push(await program.run({ ...request, count: counts[at] ?? 1 }));
    }
  }
  return times.map((rounds) => ({
    wall: median(rounds.flatMap(({ wall }) => wall)),
    cpu: median(rounds.flatMap(({ cpu }) => cpu)),
  }));
}

const ratios: Record<string, number> = {};
const scaling: Record<string, number> = {};
const slowPath: Record<string, number> = {};
let peer: string | null = null;

async function measure(threads: number, precision: Precision, python: string | null): Promise<void> {
  const ours = await startOurs(threads, precision);
  const torch = python === null ? null : await startTorch(python, threads);
  peer = torch?.version ?? null;
  for (const workload of chosen) {
    for (const mode of modesOf(workload)) {
      const name = `${workload}.${mode}.${precision}`;
      const request = { workload, mode, precision };
      const layouts = torch === null ? [] : [false, true];
      const torchWays = layouts.flatMap((isChannelsLast) =>
        torch === null ? [] : [{ program: torch, request: { ...request, isChannelsLast } }],
      );
      const [own, ...others] = await inTurn([{ program: ours, request }, ...torchWays]);
      if (own === undefined) throw new Error('nothing was measured');
      const measured = threads === 1 ? 'cpu' : 'wall';
      const best = others.length === 0 ? null : Math.min(...others.map((other) => other[measured]));
      const slow = (await ours.run({ ...request, count: 1 })).slowPath;
      slowPath[name] = Object.values(slow).reduce((sum, count) => sum + count, 0);
      if (slowPath[name] > 0) console.log(`  ${name} on the plain path: ${JSON.stringify(slow)}`);
      if (best !== null) ratios[`${name}.t${threads}`] = rounded(best / own[measured]);
      const cells = [
        `${name}.t${threads}`.padEnd(24),
        `wall ${own.wall.toFixed(1)} ms`.padEnd(17),
        `cpu ${own.cpu.toFixed(1)} ms`.padEnd(16),
        best === null ? '' : `peer ${measured} ${best.toFixed(1)} ms`.padEnd(22),
        best === null ? '' : `ratio ${(best / own[measured]).toFixed(2)}`,
      ];
      console.log(cells.join('  ').trimEnd());
    }
  }
  await Promise.all([ours.end(), torch?.end()]);
}

/** Elapsed time of two threads over that of one, both in turn: apart, they would meet different moods of the machine. */
async function measureScaling(precision: Precision): Promise<void> {
  const one = await startOurs(1, precision);
  const two = await startOurs(2, precision);
  for (const workload of chosen) {
    for (const mode of modesOf(workload)) {
      const request = { workload, mode, precision };
      const [alone, both] = await inTurn([one, two].map((program) => ({ program, request })));
      if (alone === undefined || both === undefined) throw new Error('nothing was measured');
      const name = `${workload}.${mode}.${precision}`;
      scaling[name] = rounded(both.wall / alone.wall);
      const walls = `wall ${alone.wall.toFixed(1)} ms and ${both.wall.toFixed(1)} ms`;
      console.log(`${name}.t2/t1`.padEnd(24), walls.padEnd(34), `share ${scaling[name]}`);
    }
  }
  await Promise.all([one.end(), two.end()]);
}

/** Resident memory after few and after many steps, each workload in a fresh process. */
async function measureMemory(precision: Precision): Promise<Record<string, object & { growth: number }>> {
  const memory: Record<string, object & { growth: number }> = {};
  const [few = 0, many = 0] = MEMORY_STEPS;
  for (const workload of chosen) {
    const mode = modesOf(workload)[0] ?? 'forward';
    const ours = await startOurs(2, precision);
    const first = (await ours.run({ workload, mode, precision, count: few })).residentBytes;
    const last = (await ours.run({ workload, mode, precision, count: many - few })).residentBytes;
    await ours.end();
    const growth = rounded(last / first - 1);
    memory[`${workload}.${precision}`] = { [`at${few}`]: first, [`at${many}`]: last, growth };
    const mib = (bytes: number) => `${(bytes / 2 ** 20).toFixed(0)} MiB`;
    console.log(`${workload}.${precision}`.padEnd(24), `${few} steps ${mib(first)}, ${many} steps ${mib(last)}`);
  }
  return memory;
}

const python = await findTorch();
if (python === null) console.log('no python3 here imports torch: only the native engine is measured');
for (const threads of [1, 2]) for (const precision of PRECISIONS) await measure(threads, precision, python);
for (const precision of PRECISIONS) await measureScaling(precision);
const memory = options['no-memory'] ? {} : { ...(await measureMemory('f32')), ...(await measureMemory('bf16')) };
const missed = missedTargets({ ratios, scaling, memory, slowPath });
await tellLastLine(JSON.stringify({ bench: 'engine', peer, ratios, scaling, memory, slowPath, missed }));
