/** Program of the native engine: `ours.ts THREADS PRECISION`, then one request a line on standard input. */
import { createInterface } from 'node:readline';
import { parseStructure, superBlocks } from '@crucible/contracts';
import { loadEngine } from '@crucible/engine-native';
import {
  createRng,
  emptySearch,
  type NormalSource,
  type PlainStack,
  type ScoreOptions,
  searchStep,
  sharedImages,
  streamSource,
  structureStack,
  zenScore,
} from '@crucible/methods/testing';
import * as tf from '@tensorflow/tfjs-core';
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
const rng = (name: string) => createRng(1, name);
/** As in a search: images for all candidates of a repeat, weights for each. */
const images = sharedImages(rng);
const sourceOf = (structure: string, repeat: number): NormalSource =>
  streamSource(
    (part) => rng(`zen-score/${structure}/${repeat}/${part}`),
    (shape, alpha) => images(0, shape, alpha),
  );

const median = (numbers: readonly number[]): number => numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? 0;

/** CPU time of drawing all that a scoring draws. */
async function timeDraws({ layers }: PlainStack, options: ScoreOptions, source: NormalSource): Promise<number> {
  const begin = cpuMilliseconds();
  const { alpha, batchSize, resolution } = options;
  const { clean, changed } = await source.images([batchSize, resolution, resolution, layers[0]?.in ?? 0], alpha);
  tf.dispose([clean, changed]);
  layers.forEach(({ kernel, in: input, out, depthwise }, i) => {
    source.weights(i, [kernel, kernel, input, depthwise ? 1 : out]).dispose();
  });
  return cpuMilliseconds() - begin;
}

/** The parts are timed one by one: clocks inside a scoring would cost as much as its small parts. */
async function score(request: ScoreRequest): Promise<Answer> {
  const options = optionsOf(request);
  const build = () => structureStack(superBlocks(parseStructure(request.structure)));
  const rounds: ScoreTimes[] = [];
  for (let repeat = 0; repeat < request.count; repeat += 1) {
    const [begin, used] = [performance.now(), cpuMilliseconds()];
    const { score: value } = await zenScore(build(), options, sourceOf(request.structure, repeat));
    const [wall, cpu] = [performance.now() - begin, cpuMilliseconds() - used];
    if (!Number.isFinite(value)) throw new Error(`the score of ${request.structure} is ${value}`);
    const source = sourceOf(request.structure, repeat);
    const beforeBuild = cpuMilliseconds();
    const stack = build();
    const built = cpuMilliseconds() - beforeBuild;
    const weights = await timeDraws(stack, options, source);
    rounds.push({ wall, cpu, build: built, weights, forward: await timeForward(stack, options, source) });
  }
  const warm = rounds.slice(rounds.length >> 1); // a search of thousands runs on compiled code
  const of = (name: keyof ScoreTimes): number => median(warm.map((round) => round[name] ?? Number.NaN));
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
      budget: { params, flops: null, depth, activationBytes: null, latency: null, counter: 'repo' },
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
