/** Program of the native engine: `ours.ts THREADS PRECISION`, then one request a line on standard input. */
import { createInterface } from 'node:readline';
import { parseStructure, superBlocks } from '@crucible/contracts';
import { loadEngine } from '@crucible/engine-native';
import {
  createRng,
  emptySearch,
  type NormalSource,
  type ScoreOptions,
  searchStep,
  streamSource,
  structureStack,
  zenScore,
} from '@crucible/methods/testing';
import { cpuMilliseconds } from './cpu-milliseconds.ts';
import { timeForward } from './forward-only.ts';
import type { Answer, RankRequest, Request, ScoreRequest, ScoreTimes, SearchRequest } from './requests.ts';

const [threads, precision] = process.argv.slice(2);
const engine = await loadEngine({
  engine: 'onednn',
  threads: Number(threads),
  precision: precision === 'bf16' ? 'bf16' : 'f32',
});

const optionsOf = ({ batchSize, resolution }: Pick<ScoreRequest, 'batchSize' | 'resolution'>): ScoreOptions => ({
  mode: 'paper',
  alpha: 0.01,
  batchSize,
  resolution,
});
const sourceOf = (structure: string, repeat: number): NormalSource =>
  streamSource((part) => createRng(1, `zen-score/${structure}/${repeat}/${part}`));

const median = (numbers: readonly number[]): number => numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? 0;

/** A source that adds up the CPU time it takes. */
const timedSource = (source: NormalSource, add: (milliseconds: number) => void): NormalSource => {
  const timed = <A extends unknown[], T>(draw: (...args: A) => T) => {
    return (...args: A): T => {
      const begin = cpuMilliseconds();
      const numbers = draw(...args);
      add(cpuMilliseconds() - begin);
      return numbers;
    };
  };
  return { weights: timed(source.weights), input: timed(source.input), noise: timed(source.noise) };
};

async function score(request: ScoreRequest): Promise<Answer> {
  const rounds: ScoreTimes[] = [];
  for (let repeat = 0; repeat < request.count; repeat += 1) {
    let weights = 0;
    const [begin, used] = [performance.now(), cpuMilliseconds()];
    const stack = structureStack(superBlocks(parseStructure(request.structure)));
    const build = cpuMilliseconds() - used;
    const source = timedSource(sourceOf(request.structure, repeat), (milliseconds) => {
      weights += milliseconds;
    });
    const { score: value } = await zenScore(stack, optionsOf(request), source);
    const [wall, cpu] = [performance.now() - begin, cpuMilliseconds() - used];
    if (!Number.isFinite(value)) throw new Error(`the score of ${request.structure} is ${value}`);
    const forward = await timeForward(stack, optionsOf(request), sourceOf(request.structure, repeat));
    rounds.push({ wall, cpu, build, weights, forward });
  }
  const of = (name: keyof ScoreTimes): number => median(rounds.map((round) => round[name] ?? Number.NaN));
  return {
    times: { wall: of('wall'), cpu: of('cpu'), build: of('build'), weights: of('weights'), forward: of('forward') },
  };
}

async function search({ start, iterations, seed, ...limits }: SearchRequest): Promise<Answer> {
  const { params, depth, classes, population, ...image } = limits;
  const state = emptySearch();
  let scoring = 0;
  const [begin, used] = [performance.now(), cpuMilliseconds()];
  while (state.iteration < iterations)
    await searchStep(state, {
      start: superBlocks(parseStructure(start)),
      population,
      warmPool: 10,
      mutationDraws: 2,
      dedupe: true,
      space: { name: 'xxbl', maxChannels: 2048, typeSampling: 'repo' },
      mutation: 'repo',
      splitThreshold: 6,
      budget: { params, flops: null, depth, activationBytes: null, counter: 'repo' },
      image: { resolution: image.resolution, classes },
      rng: (name) => createRng(seed, name),
      score: async (structure, blocks) => {
        const from = cpuMilliseconds();
        const { score: value } = await zenScore(blocks, optionsOf(image), sourceOf(structure, 0));
        scoring += (cpuMilliseconds() - from) / 1000;
        return value;
      },
    });
  const cpu = (cpuMilliseconds() - used) / 1000;
  return { search: { seconds: (performance.now() - begin) / 1000, cpu, scored: state.scored, scoring } };
}

async function rank({ structures, ...image }: RankRequest): Promise<Answer> {
  const scores: number[] = [];
  for (const structure of structures) {
    const blocks = superBlocks(parseStructure(structure));
    scores.push((await zenScore(blocks, optionsOf(image), sourceOf(structure, 0))).score);
  }
  return { scores };
}

const answer = (request: Request): Promise<Answer> => {
  switch (request.kind) {
    case 'score':
      return score(request);
    case 'search':
      return search(request);
    case 'rank':
      return rank(request);
  }
};

console.log(JSON.stringify({ version: `oneDNN ${engine.versions.oneDnn}, ${engine.isa}` }));
for await (const line of createInterface({ input: process.stdin }))
  console.log(JSON.stringify(await answer(JSON.parse(line) as Request)));
