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
/** The released search on CIFAR, but for ten classes: its own result keeps the budget only so. */
const LIMITS = { params: 1e6, depth: 18, classes: 10, population: 512 };
/** Repeats of a scoring, which take from milliseconds to half a second. */
const countOf = (structure: string, batchSize: number): number =>
  Math.ceil(((structure === START ? 60 : 8) * 16) / batchSize / (options.quick ? 4 : 1));
const ITERATIONS = options.quick ? 60 : 400;
const SEEDS = options.quick ? [1] : [1, 2, 3];
const RANKED = options.quick ? 40 : 200;

type Zen = Program<Request, Answer>;
const file = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const startOurs = (precision: Precision): Promise<Zen> => startNative(file('zen/ours.ts'), 1, precision);
const startPeer = (python: string, folder: string): Promise<Zen> =>
  Program.start(python, [file('zen/peer_zennas.py'), '1', folder], { ...threadEnv(1), PYTHONHASHSEED: '0' });

const rounded = (value: number, digits = 3): number => Number(value.toPrecision(digits));

async function score(program: Zen, structure: string, batchSize: number, count: number): Promise<ScoreTimes> {
  const answer = await program.run({ kind: 'score', structure, batchSize, resolution: RESOLUTION, count });
  if (!('times' in answer)) throw new Error('the measured program answered something else');
  return answer.times;
}

async function search(program: Zen, start: string, batchSize: number, iterations: number): Promise<SearchTimes> {
  const sum = { seconds: 0, cpu: 0, scored: 0, scoring: 0 };
  for (const seed of SEEDS) {
    const request = { kind: 'search', start, batchSize, resolution: RESOLUTION, iterations, seed, ...LIMITS } as const;
    const answer = await program.run(request);
    if (!('search' in answer)) throw new Error('the measured program answered something else');
    sum.seconds += answer.search.seconds;
    sum.scored += answer.search.scored;
    sum.cpu += answer.search.cpu;
    sum.scoring += answer.search.scoring;
  }
  return sum;
}

const perSecond: Record<string, number> = {};
const breakdown: Record<string, Record<string, number>> = {};
const overhead: Record<string, number> = {};
const iterationsPerSecond: Record<string, number> = {};
const outsideScoring: Record<string, number> = {};
const scoreRatio: Record<string, number> = {};
const searchRatio: Record<string, number> = {};

const [first, second] = await Promise.all([startOurs('f32'), startOurs('f32')]);
const folder = options['peer-dir'];
const python = folder === undefined ? null : await findTorch();
if (folder === undefined) console.log('no --peer-dir: the released PyTorch code is not measured');
else if (python === null) console.log('no python3 here imports torch: the released code is not measured');
const peer = folder === undefined || python === null ? null : await startPeer(python, folder);
console.log(`ours: ${first.version}${peer === null ? '' : `, peer: ${peer.version}`}`);

for (const [label, structure] of Object.entries(STRUCTURES)) {
  for (const batchSize of BATCHES) {
    const name = `${label}.b${batchSize}`;
    const count = countOf(structure, batchSize);
    for (const program of [first, second, ...(peer === null ? [] : [peer])])
      await score(program, structure, batchSize, 2);
    const ours = await score(first, structure, batchSize, count);
    const theirs = peer === null ? null : await score(peer, structure, batchSize, count);
    const both = await Promise.all([first, second].map((program) => score(program, structure, batchSize, count)));
    const [build, weights, forward] = [ours.build, ours.weights ?? 0, ours.forward ?? 0];
    const parts = { build, weights, forward, bookkeeping: Math.max(0, ours.cpu - build - weights - forward) };
    breakdown[name] = Object.fromEntries(Object.entries(parts).map(([part, value]) => [part, rounded(value)]));
    overhead[name] = rounded(Math.max(0, 1 - forward / ours.cpu));
    perSecond[`${name}.w1`] = rounded(1000 / ours.wall);
    perSecond[`${name}.w2`] = rounded(both.reduce((sum, { wall }) => sum + 1000 / wall, 0));
    if (theirs !== null) scoreRatio[name] = rounded(theirs.cpu / ours.cpu);
    console.log(
      [
        name.padEnd(14),
        `${perSecond[`${name}.w1`]}/s, two workers ${perSecond[`${name}.w2`]}/s`.padEnd(34),
        Object.entries(parts)
          .map(([part, value]) => `${part} ${value.toFixed(2)} ms`)
          .join(', '),
        `outside forward ${(100 * (overhead[name] ?? 0)).toFixed(0)} %`,
        theirs === null
          ? ''
          : `peer ${theirs.cpu.toFixed(1)} ms CPU to our ${ours.cpu.toFixed(1)}: ${scoreRatio[name]}`,
      ]
        .join('  ')
        .trimEnd(),
    );
  }
}

for (const [label, start] of Object.entries(STRUCTURES)) {
  const name = `from-${label}.b${BATCHES[0]}`;
  const ours = await search(first, start, BATCHES[0] ?? 16, ITERATIONS);
  const theirs = peer === null ? null : await search(peer, start, BATCHES[0] ?? 16, ITERATIONS);
  const iterations = ITERATIONS * SEEDS.length;
  const outside = (1000 * (ours.cpu - ours.scoring)) / iterations;
  iterationsPerSecond[name] = rounded(iterations / ours.seconds);
  outsideScoring[name] = rounded(1 - ours.scoring / ours.cpu);
  if (theirs !== null) searchRatio[name] = rounded(theirs.cpu / ours.cpu);
  console.log(
    [
      `search ${name}:`.padEnd(28),
      `${iterationsPerSecond[name]} iterations/s, ${ours.scored} of ${iterations} scored`,
      `${rounded((1000 * ours.cpu) / iterations)} ms CPU per iteration, ${rounded(outside)} outside scoring`,
      theirs === null
        ? ''
        : `peer ${rounded((1000 * theirs.cpu) / iterations)} ms, ${theirs.scored} scored: ${searchRatio[name]}`,
    ]
      .join(', ')
      .replace(/, $/, ''),
  );
}

const structures = sampledStructures({
  start: START,
  count: RANKED,
  isAllowed: (blocks) => {
    const { params } = countStructure(blocks, { counter: 'repo', resolution: RESOLUTION, classes: LIMITS.classes });
    return depthOf(blocks) <= LIMITS.depth && params <= LIMITS.params;
  },
});
const rank = async (program: Zen): Promise<number[]> => {
  const answer = await program.run({ kind: 'rank', structures, batchSize: 16, resolution: RESOLUTION });
  if (!('scores' in answer)) throw new Error('the measured program answered something else');
  return answer.scores.map((value) => value ?? Number.NaN);
};
const narrow = await startOurs('bf16').catch(() => null);
const full = await rank(first);
const tau = narrow === null ? null : rounded(kendallTau(full, await rank(narrow)) ?? Number.NaN, 4);
console.log(
  tau === null
    ? 'this CPU has no bf16'
    : `bf16 against f32 over ${RANKED} structures: Kendall's tau ${tau}; reduced precision counts from 0.98 on`,
);
await Promise.all([first, second, narrow, peer].map((program) => program?.end()));

const results = { overhead, scoreRatio, searchRatio, tau };
console.log(
  JSON.stringify({
    bench: 'zen',
    peer: peer?.version ?? null,
    candidatesPerSecond: perSecond,
    breakdownMs: breakdown,
    iterationsPerSecond,
    outsideScoring,
    ...results,
    missed: missedTargets(results),
  }),
);
