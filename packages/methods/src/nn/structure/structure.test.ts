import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseStructure, printStructure, structureFaults, superBlocks } from '@crucible/contracts';
import { countStructure } from './count.ts';
import { exactCost } from './exact-counter.ts';
import { depthOf, expand } from './expand.ts';
import { PUBLISHED_STRUCTURES } from './published.ts';
import { PUBLISHED_GENETS } from './published-genet.ts';
import { repoCost } from './repo-counter.ts';
import { round8 } from './round8.ts';
import { splitDeepBlocks } from './split.ts';
import { squeezedWidth } from './squeezed-width.ts';

const START_STRUCTURES = [
  'SuperConvK3BNRELU(3,8,1,1)SuperResK3K3(8,16,1,8,1)SuperResK3K3(16,32,2,16,1)SuperResK3K3(32,64,2,32,1)SuperResK3K3(64,64,2,32,1)SuperConvK1BNRELU(64,128,1,1)',
  'SuperConvK3BNRELU(3,8,2,1)SuperResIDWE6K3(8,32,2,8,1)SuperResIDWE6K3(32,48,2,32,1)SuperResIDWE6K3(48,96,2,48,1)SuperResIDWE6K3(96,128,2,96,1)SuperConvK1BNRELU(128,2048,1,1)',
  'SuperConvK3BNRELU(3,32,2,1)SuperResK3K3(32,64,2,32,1)SuperResK3K3(64,128,2,64,1)SuperResK3K3(128,256,2,128,1)SuperResK3K3(256,512,2,256,1)SuperConvK1BNRELU(256,512,1,1)',
];
/** Strings over the rest of the grammar: labels, leaf blocks, composites in composites. */
const GRAMMAR_SAMPLES = [
  'SuperResIDWE4K7(my block, v2|16,24,2,40,3)',
  'ConvKX(3,8,3,1)BN(8)RELU(act|8)ConvKXG2(8,8,3,2)ConvKXG32(32,64,1,1)ConvDW(8,5,1)Swish(8)SE(8)',
  'MaxPool(8,3,2)AdaptiveAvgPool(8,1)Flatten(8)Linear(8,10,1)Linear(8,10,0)',
  'Sequential(ConvKX(3,8,3,1)BN(8))ResBlock(ConvKX(8,8,3,1)BN(8))ResBlock(unit|8,ConvKX(8,8,3,1))',
  'ResBlockProj(p|3,2,ConvKX(3,8,3,2)BN(8)ResBlock(8,1,ConvKX(c1|8,8,1,1)))',
  'MultiSumBlock(s|ConvKX(3,8,3,1)BN(8);ConvKX(3,8,1,1))MultiCatBlock(ConvKX(8,4,1,1);Sequential(ConvKX(8,8,1,1)RELU(8));BN(8))',
];
const ALL = [
  ...PUBLISHED_STRUCTURES.map(({ structure }) => structure),
  ...PUBLISHED_GENETS.map(({ structure }) => structure),
  'SuperResK1KX(g|8,16,5,2,0.5,2)SuperResK1DW(16,16,3,1,1,1)',
  ...START_STRUCTURES,
  ...GRAMMAR_SAMPLES,
];

const blocksOf = (text: string) => superBlocks(parseStructure(text));

describe('parseStructure and printStructure', () => {
  for (const text of ALL)
    it(`reads and writes ${text.slice(0, 60)}`, () => {
      const blocks = parseStructure(text);
      assert.equal(printStructure(blocks), text);
      assert.deepEqual(parseStructure(printStructure(blocks)), blocks);
    });

  it('reads the first line alone', () => {
    assert.equal(printStructure(parseStructure('RELU(3)\r\nnot a structure')), 'RELU(3)');
  });

  for (const [text, message] of [
    ['', /position 0: expected the name of a block, found the end/],
    ['SuperConvK4BNRELU(3,8,1,1)', /position 0: expected the name of a known block, not SuperConvK4BNRELU/],
    ['SuperResK3K5(3,8,1,8,1)', /position 0: expected the name of a known block/],
    ['SuperConvK3BNRELU(3,8,1)', /position 23: expected "," and layers, found "\)"/],
    ['SuperConvK3BNRELU(3,8,1,1,9)', /position 25: expected "\)" after layers/],
    ['SuperConvK3BNRELU(3,-8,1,1)', /position 20: expected the integer out, found "-8,1,1\)"/],
    ['SuperConvK3BNRELU(3,8,1,1', /position 25: expected "\)" after layers, found the end/],
    ['SuperResKXKX(8,16,3,1,x,1)', /position 22: expected the ratio, a decimal/],
    ['BN(8)BN', /position 7: expected "\(", found the end/],
    ['BN(8) BN(8)', /position 5: expected the name of a block/],
    ['BN(8))', /position 5: expected a block or the end/],
    ['Linear(8,10,2)', /position 12: expected bias 0 or 1/],
    ['ResBlock(8,1,)', /position 13: expected the name of a block/],
    ['MultiSumBlock(BN(8);)', /position 20: expected the name of a block/],
  ] as const)
    it(`says where ${JSON.stringify(text)} is wrong`, () => assert.throws(() => parseStructure(text), message));
});

describe('structureFaults', () => {
  it('accepts every published structure', () => {
    for (const { structure } of PUBLISHED_STRUCTURES) assert.deepEqual(structureFaults(parseStructure(structure)), []);
  });

  it('names the block that does not fit and the values that cannot be', () => {
    const faults = structureFaults(
      parseStructure('SuperConvK3BNRELU(3,8,3,1)SuperResK3K3(16,0,2,8,1)ConvKXG4(0,6,1,1)ResBlock(BN(6)BN(7))'),
    );
    assert.deepEqual(faults, [
      'block 1: stride must be 1 or 2, is 3',
      'block 2 takes 16 channels, the block before it gives 8',
      'block 2: out must be at least 1, is 0',
      'block 3: in must be at least 1, is 0',
      'block 3: in and out must be multiples of the 4 groups',
      'block 4, block 2 takes 7 channels, the block before it gives 6',
    ]);
  });
});

describe('expand', () => {
  it('projects in the first unit of a block always, in later ones where the shape changes', () => {
    const links = (text: string) =>
      expand(blocksOf(text), { residuals: true, squeezeExcite: false }).map(({ shortcut }) => shortcut);
    assert.deepEqual(links('SuperConvK3BNRELU(8,8,1,2)'), ['none', 'none']);
    assert.deepEqual(links('SuperResK3K3(8,8,1,16,2)'), ['projection', 'identity']);
    assert.deepEqual(links('SuperResK1K3K1(8,16,2,8,2)'), ['projection', 'identity', 'identity', 'identity']);
    assert.deepEqual(links('SuperResIDWE2K3(8,16,1,24,1)'), ['projection', 'projection']);
    assert.deepEqual(links('SuperResIDWE2K3(8,16,1,16,2)'), ['projection', 'identity', 'identity', 'identity']);
  });

  it('widens depth-wise units by the expansion, rounded to 8', () => {
    const [first, second] = expand(blocksOf('SuperResIDWE6K5(8,24,2,10,1)'), { residuals: false, squeezeExcite: true });
    assert.deepEqual(
      first?.layers.map((layer) => [layer.in, layer.out, layer.kernel, layer.stride, layer.depthwise]),
      [
        [8, 64, 1, 1, false],
        [64, 64, 5, 2, true],
        [64, 10, 1, 1, false],
      ],
    );
    assert.deepEqual([second?.layers[0]?.in, second?.layers[0]?.out, second?.layers[2]?.out], [10, 144, 24]);
    assert.equal(first?.squeezeAfter, 1);
  });

  it('has 1, 2, 6 and 6 convolutions per layer', () => {
    const convs = (text: string) =>
      expand(blocksOf(text), { residuals: false, squeezeExcite: false }).flatMap(({ layers }) => layers).length;
    assert.equal(convs('SuperConvK3BNRELU(8,8,1,2)'), 2);
    assert.equal(convs('SuperResK3K3(8,8,1,8,2)'), 4);
    assert.equal(convs('SuperResK1K3K1(8,8,1,8,2)'), 12);
    assert.equal(convs('SuperResIDWE1K3(8,8,1,8,2)'), 12);
    const oneMillion = PUBLISHED_STRUCTURES.find(({ name }) => name === 'cifar-1M')?.structure ?? '';
    assert.equal(convs(oneMillion), 98);
  });
});

describe('rounding', () => {
  it('sends ties to the even multiple', () => {
    assert.deepEqual([1, 4, 8, 11.9, 12, 20, 28, 36, 500].map(round8), [8, 8, 8, 8, 16, 16, 32, 32, 496]);
    assert.deepEqual([1, 2, 6, 10, 8, 16].map(squeezedWidth), [1, 1, 2, 2, 2, 4]);
  });
});

describe('counters', () => {
  for (const { name, structure, depth } of PUBLISHED_STRUCTURES)
    it(`gives ${name} the depth ${depth}`, () => assert.equal(depthOf(blocksOf(structure)), depth));

  /** Published parameters in M; FLOPs in M, of a profiler that adds 2 per output element of batch normalisation. */
  const PUBLISHED: Record<string, [params: number, flops: number]> = {
    'cifar-0.5M': [0.5, 140],
    'cifar-1M': [1.0, 162],
    'cifar-2M': [2.0, 487],
    'imagenet-400M': [5.7, 410],
    'imagenet-600M': [7.1, 611],
    'imagenet-900M': [13.3, 926],
    'imagenet-0.1ms': [30.1, 1_760],
    'imagenet-0.2ms': [49.7, 3_420],
    'imagenet-0.3ms': [85.4, 4_880],
    'imagenet-0.5ms': [118.2, 8_350],
    'imagenet-0.8ms': [182.5, 13_945],
    'imagenet-1.2ms': [180.6, 22_010],
  };
  for (const { name, structure, resolution, classes } of PUBLISHED_STRUCTURES)
    it(`counts ${name} as published`, () => {
      const cost = countStructure(blocksOf(structure), { counter: 'exact', resolution, classes });
      const [params, flops] = PUBLISHED[name] ?? [0, 0];
      const near = (value: number, published: number, tolerance: number) =>
        assert.ok(Math.abs(value / 1e6 / published - 1) < tolerance, `${value / 1e6} for ${published}`);
      near(cost.params, params, 0.01);
      near(cost.flops + 2 * cost.normalised, flops, 0.004);
    });

  it('counts the 900M network with squeeze-and-excitation as 19.4 M parameters', () => {
    const network = PUBLISHED_STRUCTURES.find(({ name }) => name === 'imagenet-900M');
    const options = { counter: 'exact', resolution: 224, classes: 1000, squeezeExcite: true } as const;
    assert.equal((countStructure(blocksOf(network?.structure ?? ''), options).params / 1e6).toFixed(1), '19.4');
  });

  it('keeps the released 1 M and 2 M networks in their budgets, with ten classes', () => {
    for (const [name, budget] of [
      ['cifar-1M', 1e6],
      ['cifar-2M', 2e6],
    ] as const) {
      const blocks = blocksOf(PUBLISHED_STRUCTURES.find((network) => network.name === name)?.structure ?? '');
      const params = (classes: number) => countStructure(blocks, { counter: 'repo', resolution: 32, classes }).params;
      assert.ok(params(10) <= budget && params(100) > budget, name);
    }
  });

  it('gives the worked example 2,985 counted and 3,090 real parameters and 682,304 counted FLOPs', () => {
    const blocks = blocksOf('SuperConvK3BNRELU(3,8,1,1)SuperResK3K3(8,16,1,8,1)SuperConvK1BNRELU(16,32,1,1)');
    const repo = countStructure(blocks, { counter: 'repo', resolution: 16, classes: 10 });
    const exact = countStructure(blocks, { counter: 'exact', resolution: 16, classes: 10 });
    assert.deepEqual([repo.params, repo.flops, exact.params], [2_985, 682_304, 3_090]);
  });

  it('counts a projection at the resolution divided by the stride twice, and exactly in the exact counter', () => {
    const [block] = parseStructure('ResBlockProj(8,2,ConvKX(8,16,3,2)BN(16))');
    assert.ok(block);
    const chain = 8 * 16 * 9 * 49 + 16 * 49;
    assert.equal(repoCost(block, 14).flops, chain + (8 * 16 + 16) * 3.5 ** 2);
    assert.equal(exactCost(block, 14).flops, 8 * 16 * 9 * 49 + 8 * 16 * 49);
    assert.equal(exactCost(block, 14).params, 8 * 16 * 9 + 32 + (8 * 16 + 16 + 32));
  });

  it('floors odd sizes in the repo counter and rounds them up in the exact one', () => {
    const [conv] = parseStructure('ConvKX(1,1,3,2)');
    assert.ok(conv);
    assert.deepEqual([repoCost(conv, 7).resolution, repoCost(conv, 7).flops], [3, Math.floor((9 * 49) / 4)]);
    assert.deepEqual([exactCost(conv, 7).resolution, exactCost(conv, 7).flops], [4, 9 * 16]);
  });

  it('is additive over blocks', () => {
    const { structure } = PUBLISHED_STRUCTURES[3] ?? { structure: '' };
    const blocks = blocksOf(structure);
    for (const counter of ['repo', 'exact'] as const) {
      const head = (width: number) => width * 10 + (counter === 'repo' ? 1 : 10);
      const params = (part: typeof blocks) =>
        countStructure(part, { counter, resolution: 224, classes: 10 }).params - head(part.at(-1)?.out ?? 0);
      assert.equal(
        params(blocks),
        blocks.reduce((sum, block) => sum + params([block]), 0),
      );
    }
  });

  it('counts more with links than without', () => {
    for (const text of START_STRUCTURES)
      for (const counter of ['repo', 'exact'] as const) {
        const options = { counter, resolution: 32, classes: 10 };
        const plain = countStructure(blocksOf(text), { ...options, residuals: false }).params;
        assert.ok(countStructure(blocksOf(text), options).params > plain);
      }
  });

  it('counts groups, pools, sums and concatenations', () => {
    const [sum] = parseStructure('MultiSumBlock(ConvKX(4,8,3,1);ConvKXG4(4,8,3,1))');
    const [concat] = parseStructure('MultiCatBlock(MaxPool(4,3,2)Swish(4);ConvKX(4,8,3,2))');
    assert.ok(sum && concat);
    assert.equal(repoCost(sum, 8).params, 4 * 8 * 9 + (4 * 8 * 9) / 4);
    assert.deepEqual(repoCost(concat, 8), {
      params: 288,
      flops: 4 * 16 + 288 * 16,
      normalised: 0,
      resolution: 4,
    });
  });
});

describe('splitDeepBlocks', () => {
  it('cuts a block of six layers in two and adds one projection to the counted size', () => {
    const whole = blocksOf('SuperConvK3BNRELU(3,16,1,1)SuperResK3K3(16,16,1,16,6)');
    const split = splitDeepBlocks(whole, 6);
    assert.equal(
      printStructure(split),
      'SuperConvK3BNRELU(3,16,1,1)SuperResK3K3(16,16,1,16,3)SuperResK3K3(16,16,1,16,3)',
    );
    const params = (blocks: typeof whole) =>
      countStructure(blocks, { counter: 'repo', resolution: 32, classes: 10 }).params;
    assert.deepEqual([params(whole), params(split)], [28_721, 28_993]);
    assert.equal(depthOf(split), depthOf(whole));
  });

  it('keeps stride and input in the first part, leaves plain convolutions alone, and cuts as often as needed', () => {
    const split = splitDeepBlocks(blocksOf('SuperConvK3BNRELU(3,16,1,7)SuperResK1K5K1(16,24,2,8,13)'), 6);
    assert.equal(
      printStructure(split),
      'SuperConvK3BNRELU(3,16,1,7)SuperResK1K5K1(16,24,2,8,3)SuperResK1K5K1(24,24,1,8,3)SuperResK1K5K1(24,24,1,8,3)SuperResK1K5K1(24,24,1,8,4)',
    );
  });
});

describe('the published GENets (arXiv:2006.14090)', () => {
  for (const { name, structure, resolution, classes, depth, paramsMillions, gigaFlops } of PUBLISHED_GENETS)
    it(`${name} has the published parameters and multiply-accumulates`, () => {
      const blocks = blocksOf(structure);
      const cost = countStructure(blocks, { counter: 'exact', resolution, classes });
      assert.equal(depthOf(blocks), depth);
      assert.equal(Number((cost.params / 1e6).toFixed(2)), paramsMillions);
      assert.equal(Number((cost.flops / 1e9).toPrecision(3)), gigaFlops);
    });

  it('link units by identity wherever the shape stays, the first one too', () => {
    const units = expand(blocksOf('SuperResKXKX(8,8,3,1,1,2)SuperResK1KXK1(8,16,3,2,0.25,2)'), {
      residuals: true,
      squeezeExcite: false,
    });
    assert.deepEqual(
      units.map(({ shortcut }) => shortcut),
      ['identity', 'identity', 'projection', 'identity'],
    );
    assert.deepEqual(
      units[2]?.layers.map(({ in: input, out, kernel, stride }) => [input, out, kernel, stride]),
      [
        [8, 4, 1, 1],
        [4, 4, 3, 2],
        [4, 16, 1, 1],
      ],
    );
  });
});
