/**
 * @file The design principle, measured: which kind of block is the fastest at which stage of a network. Kinds are compared
 * at equal work: BL and DW as wide as it takes for the multiply-accumulates of the XX-block.
 */
import { genetWidth, type StageKinds, type SuperBlock, type UnitShape } from '@crucible/contracts';
import { resolutionAfter, unitShapes, workOf } from '../latency/unit-shape.ts';
import type { Position } from './space.ts';

type Kind = 'xx' | 'bl' | 'dw';

/** Ratios of the published networks. */
const RATIOS: Readonly<Record<Kind, number>> = { xx: 1, bl: 0.25, dw: 3 };
const KERNEL = 3;

/** A place with a unit of each kind to compare there. */
export interface StageShapes {
  /** from 1 */
  block: number;
  resolution: number;
  width: number;
  kinds: { kind: Kind; shape: UnitShape }[];
}

const inner = (kind: Kind, width: number, resolution: number): UnitShape => ({
  kind,
  kernel: KERNEL,
  in: width,
  hidden: genetWidth(width, RATIOS[kind]),
  out: width,
  stride: 1,
  shortcut: 'identity',
  resolution,
});

/** Multiply-accumulates of a unit. */
const macsOf = (shape: UnitShape): number => {
  const { denseMacs, depthwiseMacs } = workOf(shape);
  return denseMacs + depthwiseMacs;
};

/** The unit of a kind whose work comes nearest to `macs`, of widths that are multiples of 8. */
const ofEqualWork = (kind: Kind, macs: number, resolution: number): UnitShape => {
  let width = 8;
  while (macsOf(inner(kind, width + 8, resolution)) <= macs) width += 8;
  const [below, above] = [inner(kind, width, resolution), inner(kind, width + 8, resolution)];
  return macs - macsOf(below) <= macsOf(above) - macs ? below : above;
};

/** What is to be timed for the comparison: at each place a unit of each kind, stride 1, after the place's own stride. */
export function stageShapes(
  blocks: readonly SuperBlock[],
  positions: readonly Position[],
  resolution: number,
): StageShapes[] {
  return positions.map(({ at, master }) => {
    const units = unitShapes(blocks.slice(0, at + 1), { resolution, classes: 1 });
    const last = units.at(-2);
    if (last === undefined) throw new RangeError('a block has at least one unit');
    const after = resolutionAfter(last);
    const xx = inner('xx', master.out, after);
    const kinds = (['xx', 'bl', 'dw'] as const).map((kind) => ({
      kind,
      shape: kind === 'xx' ? xx : ofEqualWork(kind, macsOf(xx), after),
    }));
    return { block: at + 1, resolution: after, width: master.out, kinds };
  });
}

/** The comparison, from measured units. */
export function stageKinds(
  stages: readonly StageShapes[],
  timed: (shape: UnitShape) => { ms: number; low: number; high: number },
): StageKinds[] {
  return stages.map(({ kinds, ...stage }) => {
    const rows = kinds.map(({ kind, shape }) => {
      const { ms, low, high } = timed(shape);
      const macs = macsOf(shape);
      return { kind, ratio: RATIOS[kind], width: shape.out, macs, ms, low, high, picosecondsPerMac: (ms * 1e9) / macs };
    });
    const [fastest] = rows.toSorted((a, b) => a.picosecondsPerMac - b.picosecondsPerMac);
    return { ...stage, kinds: rows, fastest: (fastest as (typeof rows)[number]).kind };
  });
}
