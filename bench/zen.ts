/**
 * `bench zen [--quick] [--peer-dir DIR]`: candidates per second of the CIFAR search of Zen-NAS, where their time goes,
 * iterations per second of the search, and whether bf16 ranks as float32 does. DIR is a checkout of the released
 * PyTorch code: the same structures then run there in turn, on the same cores.
 *
 * One thread is judged by CPU time, which other load disturbs little; two workers by the clock on the wall.
 */
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { countStructure, depthOf, kendallTau, PUBLISHED_STRUCTURES } from '@crucible/methods/testing';
import { findTorch } from './engine/find-torch.ts';
import { Program, startNative, threadEnv } from './engine/program.ts';
import type { Precision } from './engine/requests.ts';
import { tellLastLine } from './last-line.ts';
import type { Answer, Request, ScoreTimes, SearchTimes } from './zen/requests.ts';
import { sampledStructures } from './zen/sampled-structures.ts';
import { missedTargets } from './zen/targets.ts';

const { values: options } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, 'peer-dir': { type: 'string' } },
});

const START =
  'SuperConvK3BNRELU(3,8,1,1)SuperResK3K3(8,16,1,8,1)SuperResK3K3(16,32,2,16,1)SuperResK3K3(32,64,2,32,1)SuperResK3K3(64,64,2,32,1)SuperConvK1BNRELU(64,128,1,1)';
const FOUND = PUBLISHED_STRUCTURES.find(({ name }) => name === 'cifar-1M')?.structure ?? '';
const STRUCTURES = { start: START, 'cifar-1M': FOUND };
const RESOLUTION = 32;
const BATCHES = [16, 64];
const SEARCH_BATCH = 16;
/** The released search on CIFAR, but for ten classes: its own result keeps the budget only so. */
const LIMITS = { params: 1e6, depth: 18, classes: 10, population: 512 };
/** Repeats of a scoring, which takes from milliseconds to half a second; the first half is for warming up. */
const countOf = (structure: string, batchSize: number): number =>
  Math.ceil(((structure === START ? 600 : 24) * 16) / batchSize / (options.quick ? 4 : 1));
const ITERATIONS = options.quick ? 60 : 300;
const SEEDS = options.quick ? [1] : [1, 2];
const RANKED = options.quick ? 40 : 200;

type Zen = Program<Request, Answer>;
const file = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const startOurs = (precision: Precision): Promise<Zen> => startNative(file('zen/ours.ts'), 1, precision);
const startPeer = (python: string, folder: string): Promise<Zen> =>
  Program.start(python, [file('zen/peer_zennas.py'), '1', folder], { ...threadEnv(1), PYTHONHASHSEED: '0' });

const rounded = (value: number, digits = 3): number => Number(value.toPrecision(digits));

async function ask<Kind extends 'times' | 'search' | 'scores'>(program: Zen, request: Request, kind: Kind) {
  const answer = await program.run(request);
  if (!(kind in answer)) throw new Error(`the measured program answered ${JSON.stringify(answer)}`);
  return (answer as Extract<Answer, Record<Kind, unknown>>)[kind];
}

const score = (program: Zen, structure: string, batchSize: number, count: number): Promise<ScoreTimes> =>
  ask(program, { kind: 'score', structure, batchSize, resolution: RESOLUTION, count }, 'times');

/** Sums over the seeds. */
async function search(program: Zen, start: string): Promise<SearchTimes> {
  const sum = { seconds: 0, cpu: 0, scored: 0, scoring: 0 };
  const fixed = { kind: 'search', start, batchSize: SEARCH_BATCH, resolution: RESOLUTION, ...LIMITS } as const;
  for (const seed of SEEDS) {
    const times = await ask(program, { ...fixed, iterations: ITERATIONS, seed }, 'search');
    for (const name of Object.keys(sum) as (keyof SearchTimes)[]) sum[name] += times[name];
  }
  return sum;
}

const folder = options['peer-dir'];
const python = folder === undefined ? null : await findTorch();
if (folder === undefined) console.log('no --peer-dir: the released PyTorch code is not measured');
else if (python === null) console.log('no python3 here imports torch: the released code is not measured');
const peer = folder === undefined || python === null ? null : await startPeer(python, folder);
const [first, second] = await Promise.all([startOurs('f32'), startOurs('f32')]);
const narrow = await startOurs('bf16').catch(() => null);
console.log(`ours: ${first.version}${peer === null ? '' : `; peer: ${peer.version}`}`);

/** Ours by the ending of the names of its results. */
const precisions: readonly (readonly [string, Zen])[] = [
  ['', first],
  ...(narrow === null ? [] : [['.bf16', narrow] as const]),
];
const candidatesPerSecond: Record<string, number> = {};
const breakdownMs: Record<string, Record<string, number>> = {};
const overhead: Record<string, number> = {};
const scoreRatio: Record<string, number> = {};

/** Measures the scoring of a structure in all programs. */
async function measureScore(label: string, structure: string, batchSize: number): Promise<void> {
  const count = countOf(structure, batchSize);
  const programs = [first, second, narrow, peer].filter((program) => program !== null);
  for (const program of programs) await score(program, structure, batchSize, 2); // plans, compiled code
  const theirs = peer === null ? null : await score(peer, structure, batchSize, count);
  for (const [ending, program] of precisions) {
    const name = `${label}.b${batchSize}${ending}`;
    const { wall, cpu, build, weights, forward } = await score(program, structure, batchSize, count);
    const bookkeeping = Math.max(0, cpu - build - (weights ?? 0) - (forward ?? 0));
    const parts = { build, weights: weights ?? 0, forward: forward ?? 0, bookkeeping };
    breakdownMs[name] = Object.fromEntries(Object.entries(parts).map(([part, value]) => [part, rounded(value)]));
    overhead[name] = rounded(Math.max(0, 1 - parts.forward / cpu));
    candidatesPerSecond[`${name}.w1`] = rounded(1000 / wall);
    if (theirs !== null) scoreRatio[name] = rounded(theirs.cpu / cpu);
    const cells = [
      name.padEnd(18),
      `${cpu.toFixed(2)} ms CPU:`.padStart(14),
      Object.entries(parts)
        .map(([part, value]) => `${part} ${value.toFixed(2)}`)
        .join(', '),
      `outside forward ${(100 * (overhead[name] ?? 0)).toFixed(0)} %`,
      theirs === null ? '' : `peer ${theirs.cpu.toFixed(1)} ms: ${scoreRatio[name]}`,
    ];
    console.log(cells.join('  ').trimEnd());
  }
  const both = await Promise.all([first, second].map((program) => score(program, structure, batchSize, count)));
  const name = `${label}.b${batchSize}`;
  candidatesPerSecond[`${name}.w2`] = rounded(both.reduce((sum, { wall }) => sum + 1000 / wall, 0));
  const [one, two] = [candidatesPerSecond[`${name}.w1`], candidatesPerSecond[`${name}.w2`]];
  console.log(`${name.padEnd(18)}  ${one} candidates/s on one worker, ${two} on two`);
}

const iterationsPerSecond: Record<string, number> = {};
const outsideScoring: Record<string, number> = {};
const searchRatio: Record<string, number> = {};

/** Measures the loop of the search, from an empty population, in all programs. */
async function measureSearch(label: string, start: string): Promise<void> {
  const iterations = ITERATIONS * SEEDS.length;
  const perIteration = ({ cpu }: SearchTimes): string => ((1000 * cpu) / iterations).toFixed(2);
  const theirs = peer === null ? null : await search(peer, start);
  for (const [ending, program] of precisions) {
    const name = `from-${label}${ending}`;
    const ours = await search(program, start);
    iterationsPerSecond[name] = rounded(iterations / ours.seconds);
    outsideScoring[name] = rounded(1 - ours.scoring / ours.cpu);
    if (theirs !== null) searchRatio[name] = rounded(theirs.cpu / ours.cpu);
    const cells = [
      `search ${name}`.padEnd(28),
      `${iterationsPerSecond[name]} iterations/s, ${ours.scored} of ${iterations} scored`,
      `${perIteration(ours)} ms CPU each, ${(100 * (outsideScoring[name] ?? 0)).toFixed(0)} % outside scoring`,
      theirs === null ? '' : `peer ${perIteration(theirs)} ms, ${theirs.scored} scored: ${searchRatio[name]}`,
    ];
    console.log(cells.join('  ').trimEnd());
  }
}

/** Rank correlation of the scores in bf16 with those in float32, over the same draws. */
async function measureRanking(): Promise<number | null> {
  if (narrow === null) return null;
  const structures = sampledStructures({
    start: START,
    count: RANKED,
    isAllowed: (blocks) => {
      const { params } = countStructure(blocks, { counter: 'repo', resolution: RESOLUTION, classes: LIMITS.classes });
      return depthOf(blocks) <= LIMITS.depth && params <= LIMITS.params;
    },
  });
  const request = { kind: 'rank', structures, batchSize: 16, resolution: RESOLUTION } as const;
  const [full, short] = [await ask(first, request, 'scores'), await ask(narrow, request, 'scores')];
  const numbers = (scores: readonly (number | null)[]): number[] => scores.map((value) => value ?? Number.NaN);
  return rounded(kendallTau(numbers(full), numbers(short)) ?? Number.NaN, 4);
}

for (const [label, structure] of Object.entries(STRUCTURES))
  for (const batchSize of BATCHES) await measureScore(label, structure, batchSize);
for (const [label, structure] of Object.entries(STRUCTURES)) await measureSearch(label, structure);
const tau = await measureRanking();
console.log(
  tau === null
    ? 'this CPU has no bf16'
    : `bf16 against f32 over ${RANKED} structures: Kendall's tau ${tau}; reduced precision counts from 0.98 on`,
);
await Promise.all([first, second, narrow, peer].map((program) => program?.end()));

const results = { overhead, scoreRatio, searchRatio, tau };
const readings = { candidatesPerSecond, breakdownMs, iterationsPerSecond, outsideScoring, ...results };
await tellLastLine(
  JSON.stringify({ bench: 'zen', peer: peer?.version ?? null, ...readings, missed: missedTargets(results) }),
);
