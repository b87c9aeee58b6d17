import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  isGenet,
  parseStructure,
  printStructure,
  type SpaceName,
  structureFaults,
  superBlocks,
} from '@crucible/contracts';
import { countStructure } from '../nn/structure/count.ts';
import { depthOf } from '../nn/structure/expand.ts';
import { createRng } from '../random/create-rng.ts';
import type { Rng } from '../random/rng.ts';
import { type Budget, brokenBudget } from './budget.ts';
import { activationBytes } from './candidate-cost.ts';
import { mutate } from './mutate.ts';
import { emptySearch, ranked, type SearchOptions, type SearchState, searchStep, totalRejected } from './search.ts';
import { depthChoices, drawReplacement, type SearchSpace, widthChoices } from './search-space.ts';
import { startStructure } from './start-structure.ts';

const blocksOf = (text: string) => superBlocks(parseStructure(text));
const xxbl: SearchSpace = { name: 'xxbl', maxChannels: 2048, typeSampling: 'uniform' };
const idw: SearchSpace = { name: 'idw_fixfc', maxChannels: 2048, typeSampling: 'uniform' };
const START = 'SuperConvK3BNRELU(1,8,2,1)SuperResK3K3(8,8,1,8,1)SuperResK3K3(8,8,2,8,1)SuperConvK1BNRELU(8,16,1,1)';

/** A cheap pure function of the structure that leans to deep and wide ones, so that budgets bind. */
const standInScore = (structure: string): number =>
  blocksOf(structure).reduce((sum, block) => sum + block.layers * Math.log(block.out * block.bottleneck), 0) +
  createRng(1, structure).uniform();

const optionsWith = (changes: Partial<SearchOptions> = {}): SearchOptions => ({
  start: blocksOf(START),
  population: 12,
  warmPool: 4,
  mutationDraws: 2,
  dedupe: true,
  space: xxbl,
  mutation: 'repo',
  splitThreshold: 6,
  budget: { params: 40_000, flops: 4e6, depth: 9, activationBytes: null, counter: 'repo' },
  image: { resolution: 28, classes: 10 },
  rng: (name) => createRng(5, name),
  score: standInScore,
  ...changes,
});

const runSearch = async (state: SearchState, options: SearchOptions, until: number): Promise<SearchState> => {
  while (state.iteration < until) await searchStep(state, options);
  return state;
};

describe('choices of a block', () => {
  it('are nine widths, clamped, rounded with ties to even, each once', () => {
    assert.deepEqual(widthChoices(8, 2048), [8, 16]);
    assert.deepEqual(widthChoices(64, 2048), [24, 32, 40, 48, 64, 80, 96, 128, 160]);
    assert.deepEqual(widthChoices(1600, 2048).at(-1), 2048);
    assert.deepEqual(depthChoices(1), [1, 2, 3]);
    assert.deepEqual(depthChoices(4), [2, 3, 4, 5, 6]);
  });

  it('keep class, input and stride of a plain convolution, and freeze the 1x1 one in idw_fixfc', () => {
    const [stem] = blocksOf('SuperConvK3BNRELU(3,64,2,2)');
    const [last] = blocksOf('SuperConvK1BNRELU(3,64,1,1)');
    assert.ok(stem && last);
    const rng = createRng(1, 'conv');
    const widths = new Set<number>();
    for (let i = 0; i < 200; i++) {
      const drawn = drawReplacement(stem, xxbl, rng);
      widths.add(drawn.out);
      assert.deepEqual([drawn.family, drawn.kernel, drawn.in, drawn.stride, drawn.layers], ['conv', 3, 3, 2, 1]);
      assert.equal(drawReplacement(last, idw, rng), last);
    }
    assert.deepEqual(
      [...widths].sort((a, b) => a - b),
      widthChoices(64, 2048),
    );
  });

  /** Share of each type in many draws. */
  const typeShares = (space: SearchSpace, text: string, draws: number): Map<string, number> => {
    const [block] = blocksOf(text);
    assert.ok(block);
    const rng = createRng(2, 'types');
    const shares = new Map<string, number>();
    for (let i = 0; i < draws; i++) {
      const { family, kernel, expansion } = drawReplacement(block, space, rng);
      const type = `${family}${expansion}k${kernel}`;
      shares.set(type, (shares.get(type) ?? 0) + 1 / draws);
    }
    return shares;
  };

  it('are drawn evenly over types, or with the shares of the released code', () => {
    const even = typeShares(xxbl, 'SuperResK3K3(8,64,1,64,3)', 12_000);
    assert.equal(even.size, 6);
    for (const share of even.values()) assert.ok(Math.abs(share - 1 / 6) < 0.015);
    const skewed = typeShares({ ...xxbl, typeSampling: 'repo' }, 'SuperResK3K3(8,64,1,64,3)', 12_000);
    for (const [type, share] of skewed)
      assert.ok(Math.abs(share - (type.endsWith('k7') ? 2 : 3) / 16) < 0.015, `${type} ${share}`);
    const idwSkewed = typeShares({ ...idw, typeSampling: 'repo' }, 'SuperResIDWE1K3(8,64,1,64,3)', 30_000);
    assert.equal(idwSkewed.size, 12);
    for (const [type, weight] of [
      ['mb1k3', 12],
      ['mb4k3', 11],
      ['mb1k5', 9],
      ['mb6k7', 2],
    ] as const)
      assert.ok(Math.abs((idwSkewed.get(type) ?? 0) - weight / 89) < 0.01, type);
  });
});

describe('mutate', () => {
  for (const name of ['xxbl', 'idw_fixfc', 'genet', 'resnet'] as const satisfies SpaceName[])
    for (const mutation of ['repo', 'paper'] as const)
      it(`gives children that can be built, fit together and round-trip, in ${name} by ${mutation}`, () => {
        const space: SearchSpace = { name, maxChannels: 256, typeSampling: 'uniform' };
        let blocks = startStructure(null, name, { resolution: 28, channels: 1 });
        for (let i = 0; i < 300; i++) {
          const child = mutate(blocks, 2, { space, mutation, splitThreshold: 6 }, createRng(3, `${name} ${i}`));
          assert.deepEqual(structureFaults(child), []);
          assert.deepEqual(superBlocks(parseStructure(printStructure(child))), child);
          assert.ok(child.every((block) => block.family === 'conv' || block.layers < 6));
          assert.equal(child[0]?.in, 1);
          if (name === 'idw_fixfc') assert.equal(child.at(-1)?.out, 2048);
          if (name === 'genet' || name === 'resnet')
            assert.ok(child.every((block) => block.family === 'conv' || isGenet(block)));
          blocks = depthOf(child) < 30 ? child : blocks;
        }
      });

  it('multiplies widths and depth by factors in [1/2, 2] in one block by paper, whatever the draws', () => {
    const parent = blocksOf('SuperConvK3BNRELU(1,64,1,1)SuperResK3K3(64,64,1,64,4)SuperConvK1BNRELU(64,64,1,1)');
    const outs = new Set<number>();
    const depths = new Set<number>();
    for (let i = 0; i < 600; i++) {
      const child = mutate(parent, 4, { space: xxbl, mutation: 'paper', splitThreshold: 100 }, createRng(6, `${i}`));
      const changed = child.filter((block, at) => block.out !== parent[at]?.out || block.layers !== parent[at]?.layers);
      assert.ok(changed.length <= 1);
      for (const { out, layers } of child) {
        outs.add(out);
        depths.add(layers);
      }
    }
    // every multiple of 8 from half to twice the width, also those that the lists of the released code lack
    assert.deepEqual(
      [...outs].sort((a, b) => a - b),
      Array.from({ length: 13 }, (_, i) => 32 + 8 * i),
    );
    assert.deepEqual(
      [...depths].sort((a, b) => a - b),
      [1, 2, 3, 4, 5, 6, 7, 8],
    );
  });

  it('changes at most as many blocks as it draws', () => {
    const parent = blocksOf(START);
    for (let i = 0; i < 100; i++) {
      const child = mutate(parent, 1, { space: xxbl, mutation: 'repo', splitThreshold: 100 }, createRng(4, `${i}`));
      const changedBlocks = child.filter((block, at) => {
        const { in: _, ...rest } = block;
        const { in: __, ...before } = parent[at] ?? block;
        return JSON.stringify(rest) !== JSON.stringify(before);
      });
      assert.ok(changedBlocks.length <= 1);
    }
  });
});

describe('brokenBudget', () => {
  it('asks depth, then parameters, then FLOPs, and lets equality pass', () => {
    const blocks = blocksOf(START);
    const image = { resolution: 28, classes: 10 };
    const { params, flops } = countStructure(blocks, { counter: 'repo', ...image });
    const with_ = (changes: object) =>
      brokenBudget(
        blocks,
        { params, flops, depth: 4, activationBytes: null, counter: 'repo' as const, ...changes },
        image,
      );
    assert.equal(with_({}), null);
    assert.equal(with_({ depth: 3, params: 1, flops: 1 }), 'depth');
    assert.equal(with_({ params: params - 1, flops: 1 }), 'params');
    assert.equal(with_({ flops: flops - 1 }), 'flops');
    assert.equal(with_({ params: null, flops: null }), null);
  });

  it('asks latency after FLOPs and activations last, and lets equality pass', () => {
    const blocks = blocksOf(START);
    const image = { resolution: 28, classes: 10 };
    // four bytes of every output: 14 x 14 of the stem and the first block, whose projection counts, then 7 x 7
    const bytes = 4 * (14 ** 2 * (8 + 8 + 8 + 8) + 7 ** 2 * (8 + 8 + 8 + 16));
    assert.equal(activationBytes(blocks, image), bytes);
    const latencyOf = (ms: number) => ({ limitMs: 2, of: () => ms });
    const with_ = (changes: Partial<Budget>) =>
      brokenBudget(
        blocks,
        { params: null, flops: null, depth: 4, activationBytes: bytes, counter: 'repo', ...changes },
        image,
      );
    assert.equal(with_({ latency: latencyOf(2) }), null);
    assert.equal(with_({ latency: latencyOf(2.1), activationBytes: 1 }), 'latency');
    assert.equal(with_({ activationBytes: bytes - 1 }), 'activations');
    assert.equal(with_({ flops: 1, latency: latencyOf(3) }), 'flops');
  });
});

describe('searchStep', () => {
  it('keeps every member in its budgets, the population small and the best score growing', async () => {
    const options = optionsWith();
    const state = emptySearch();
    let best = Number.NEGATIVE_INFINITY;
    while (state.iteration < 400) {
      await searchStep(state, options);
      assert.ok(state.population.length <= options.population + 1);
      const now = ranked(state.population)[0]?.score ?? Number.NEGATIVE_INFINITY;
      assert.ok(now >= best);
      best = now;
    }
    for (const { structure, score } of state.population) {
      assert.equal(brokenBudget(blocksOf(structure), options.budget, options.image), null);
      assert.equal(score, standInScore(structure));
    }
    assert.equal(new Set(state.population.map(({ structure }) => structure)).size, state.population.length);
    assert.ok(state.rejected.depth > 0 && state.rejected.params > 0, JSON.stringify(state.rejected));
    assert.ok(state.scored + totalRejected(state) <= 400);
    assert.equal(state.fronts[0] === undefined, false);
    const [winner] = ranked(state.population);
    assert.ok(
      state.fronts.some(({ structure }) => structure === winner?.structure),
      'the best score is on every front',
    );
  });

  it('goes on from its JSON to the same end as without a pause, wherever it was cut', async () => {
    const options = optionsWith();
    const whole = await runSearch(emptySearch(), options, 250);
    for (const cut of [1, 5, 37, 128, 249]) {
      const saved = JSON.stringify(await runSearch(emptySearch(), options, cut));
      assert.deepEqual(await runSearch(JSON.parse(saved) as SearchState, options, 250), whole);
    }
  });

  it('scores no structure twice while it is remembered', async () => {
    const seen = new Map<string, number>();
    const score = (structure: string) => {
      seen.set(structure, (seen.get(structure) ?? 0) + 1);
      return standInScore(structure);
    };
    const state = await runSearch(
      emptySearch(),
      optionsWith({ score, dedupe: false, population: 300, warmPool: 60 }),
      300,
    );
    assert.ok([...seen.values()].every((times) => times === 1));
    assert.equal(state.scored, seen.size);
    assert.ok(new Set(state.population.map(({ structure }) => structure)).size < state.population.length);
  });

  it('refuses children whose score is not finite', async () => {
    const score = (structure: string) => (structure.includes('K1K') ? Number.NaN : standInScore(structure));
    const state = await runSearch(emptySearch(), optionsWith({ score }), 120);
    assert.ok(state.rejected['non-finite'] > 0);
    assert.ok(state.population.every(({ structure }) => !structure.includes('K1K')));
  });

  it('makes children of the start structure, one block changed, while the population is small', async () => {
    const drawn: string[] = [];
    const rng = (name: string): Rng => {
      drawn.push(name);
      return createRng(5, name);
    };
    const state = await runSearch(
      emptySearch(),
      optionsWith({
        rng,
        warmPool: 12,
        budget: { params: null, flops: null, depth: 200, activationBytes: null, counter: 'repo' },
      }),
      12,
    );
    assert.deepEqual(
      drawn,
      Array.from({ length: 12 }, (_, i) => `zen-nas/mutate/${i}`),
    );
    for (const { structure } of state.population) assert.equal(blocksOf(structure).length, 4);
  });

  it('removes the first of the worst', async () => {
    const state: SearchState = { ...emptySearch(), population: [] };
    for (const [i, score] of [3, 1, 2, 1, 5].entries())
      state.population.push({ structure: START.replace('16,1,1)', `${16 + 8 * i},1,1)`), score });
    await searchStep(state, optionsWith({ population: 4, warmPool: 0, score: () => 4 }));
    assert.deepEqual(
      state.population.slice(0, 4).map(({ score }) => score),
      [3, 2, 1, 5],
    );
  });
});

describe('startStructure', () => {
  it('takes the channels of the images', () => {
    assert.equal(startStructure(null, 'xxbl', { resolution: 28, channels: 1 })[0]?.in, 1);
    assert.equal(startStructure(null, 'idw_fixfc', { resolution: 224, channels: 3 })[0]?.stride, 2);
  });

  it('refuses a written structure that does not fit', () => {
    const image = { resolution: 28, channels: 3 };
    assert.throws(() => startStructure(START, 'xxbl', image), /takes 1 input channels, the images have 3/);
    assert.throws(
      () => startStructure('SuperConvK3BNRELU(3,8,1,1)SuperResK3K3(9,8,1,8,1)', 'xxbl', image),
      /block 2 takes 9 channels/,
    );
    assert.throws(() => startStructure('SuperConvK3BNRELU(3,8,1', 'xxbl', image), /position 23/);
    assert.throws(() => startStructure('ConvKX(3,8,3,1)', 'xxbl', image), /only super blocks/);
  });
});
