import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type GenetConfig,
  parseStructure,
  printStructure,
  resolveConfig,
  structureFaults,
  superBlocks,
} from '@crucible/contracts';
import { unitShapes, workOf } from '../latency/unit-shape.ts';
import { countStructure } from '../nn/structure/count.ts';
import { createRng } from '../random/create-rng.ts';
import { drawVariants } from './distil-phase.ts';
import { chosenBlock, drawChoices, positionsOf, typeName, uniformlyScaled, withChoices } from './space.ts';
import { stageKinds, stageShapes } from './stage-kinds.ts';

const { structure, space } = resolveConfig('genet', {
  space: { kernels: [3, 5], blRatios: [0.25, 0.5], dwRatios: [3, 6, 9] },
}) as GenetConfig & { structure: string };
const MASTER = superBlocks(parseStructure(structure));
const POSITIONS = positionsOf(MASTER, space);
const image = { resolution: 28, classes: 10 };
const rng = (name: string) => createRng(7, name);

describe('the space near a master', () => {
  it('has a type per kind, kernel and ratio, depths within half and widths within factors', () => {
    assert.deepEqual(
      POSITIONS.map(({ at, depths, widths, types }) => [at, depths, widths, types.length]),
      [
        [1, [1], [16, 24, 32, 40, 48], 12],
        [2, [1, 2, 3], [48, 72, 96, 120, 144], 12],
        [3, [1], [48, 72, 96, 120, 144], 12],
      ],
    );
    const own = positionsOf(MASTER, { ...space, changeKind: false, kernels: [5] });
    assert.deepEqual(
      own.map(({ types }) => types.map(typeName)),
      [
        ['xx k3 x1', 'xx k5 x1'],
        ['bl k3 x0.25', 'bl k5 x0.25', 'bl k5 x0.5'],
        ['dw k3 x3', 'dw k5 x3', 'dw k5 x6', 'dw k5 x9'],
      ],
    );
  });

  it('holds networks that can be built and read back, the master among them', () => {
    assert.equal(
      printStructure(
        withChoices(
          MASTER,
          POSITIONS,
          POSITIONS.map(({ master }) => master),
        ),
      ),
      printStructure(MASTER),
    );
    for (let i = 0; i < 200; i += 1) {
      const blocks = withChoices(MASTER, POSITIONS, drawChoices(POSITIONS, rng(`${i}`)));
      assert.deepEqual(structureFaults(blocks), []);
      assert.deepEqual(superBlocks(parseStructure(printStructure(blocks))), blocks);
      assert.deepEqual([blocks[0]?.out, blocks.at(-1)?.out], [16, 192]);
    }
  });

  it('scales all widths alike, as far as it fits', () => {
    const paramsOf = (blocks: typeof MASTER) => countStructure(blocks, { counter: 'exact', ...image }).params;
    const most = 0.6 * paramsOf(MASTER);
    const choices = uniformlyScaled(MASTER, POSITIONS, (blocks) => paramsOf([...blocks]) <= most);
    assert.ok(choices !== null);
    const params = paramsOf(withChoices(MASTER, POSITIONS, choices));
    assert.ok(params <= most && params > 0.4 * paramsOf(MASTER));
    choices.forEach((choice, i) => {
      assert.deepEqual([choice.type, choice.layers], [POSITIONS[i]?.master.type, POSITIONS[i]?.master.layers]);
    });
    assert.equal(
      uniformlyScaled(MASTER, POSITIONS, () => false),
      null,
    );
  });

  it('gives variants spread over types and places, each once, never the master itself, and the same again', () => {
    const variants = drawVariants(POSITIONS, 24, rng);
    assert.equal(variants.length, 72);
    assert.equal(new Set(variants.map((variant) => JSON.stringify(variant))).size, 72);
    POSITIONS.forEach(({ master }, position) => {
      const here = variants.filter((variant) => variant.position === position).map(({ choice }) => choice);
      const counts = new Map<string, number>();
      for (const choice of here) counts.set(typeName(choice.type), (counts.get(typeName(choice.type)) ?? 0) + 1);
      assert.ok(counts.size === 12 && [...counts.values()].every((count) => count === 2));
      assert.ok(here.every((choice) => JSON.stringify(choice) !== JSON.stringify(master)));
    });
    assert.deepEqual(drawVariants(POSITIONS, 24, rng), variants);
    assert.deepEqual(drawVariants(POSITIONS, 12, rng).length, 36);
  });
});

describe('kinds of block', () => {
  const block = (kind: 'genet-xx' | 'genet-bl' | 'genet-dw', ratio: number, from: number, out: number) => {
    const own = MASTER[1];
    assert.ok(own);
    return { ...chosenBlock(own, { type: { family: kind, kernel: 3, ratio }, layers: 1, out }), in: from };
  };
  const paramsOf = (...args: Parameters<typeof block>) =>
    countStructure([block(...args)], { counter: 'exact', resolution: 14, classes: 1 }).params;

  it('cost as they must: BL of a quarter less than XX always, DW by its ratio', () => {
    for (const from of [8, 32, 200])
      for (const out of [8, 64, 96])
        assert.ok(paramsOf('genet-bl', 0.25, from, out) < paramsOf('genet-xx', 1, from, out));
    const [three, six, nine] = [3, 6, 9].map((ratio) => paramsOf('genet-dw', ratio, 32, 64));
    assert.equal((nine ?? 0) - (six ?? 0), (six ?? 0) - (three ?? 0));
  });

  it('are compared at equal work, at the resolution and width of each place', () => {
    const stages = stageShapes(MASTER, POSITIONS, 28);
    assert.deepEqual(
      stages.map(({ block: at, resolution, width }) => [at, resolution, width]),
      [
        [2, 14, 32],
        [3, 7, 96],
        [4, 7, 96],
      ],
    );
    const macs = (shape: Parameters<typeof workOf>[0]) => workOf(shape).denseMacs + workOf(shape).depthwiseMacs;
    for (const { kinds } of stages) {
      const [xx, ...others] = kinds.map(({ shape }) => macs(shape));
      for (const other of others) assert.ok(Math.abs(other / (xx ?? 1) - 1) < 0.15, `${other} ${xx}`);
    }
    const rows = stageKinds(stages, ({ kind }) => ({ ms: kind === 'dw' ? 3 : 1, low: 0, high: 9 }));
    assert.ok(rows.every(({ fastest, kinds }) => fastest !== 'dw' && kinds.length === 3));
  });

  it('link by identity where stride and width stay, and only there', () => {
    for (const [from, out, stride, link] of [
      [16, 16, 1, 'identity'],
      [16, 24, 1, 'projection'],
      [16, 16, 2, 'projection'],
    ] as const) {
      const [unit] = unitShapes([{ ...block('genet-xx', 1, from, out), stride }], image);
      assert.equal(unit?.shortcut, link);
    }
  });
});
