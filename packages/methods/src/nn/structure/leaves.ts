import { type Block, isGenet, type SuperBlock } from '@crucible/contracts';
import type { UnitSpec } from '../unit.ts';
import { type ExpandOptions, expand } from './expand.ts';

const leavesOfUnit = (unit: UnitSpec, projectionBias: boolean): Block[] => {
  const chain: Block[] = [];
  unit.layers.forEach((layer, i) => {
    const { in: input, out, kernel, stride } = layer;
    chain.push(
      layer.depthwise
        ? { kind: 'depthwise-conv', label: null, channels: out, kernel, stride }
        : { kind: 'conv', label: null, in: input, out, kernel, stride, groups: 1 },
      { kind: 'batch-norm', label: null, channels: out },
    );
    if (i < unit.layers.length - 1) chain.push({ kind: 'relu', label: null, channels: out });
    if (unit.squeezeAfter === i) chain.push({ kind: 'squeeze-excite', label: null, channels: out });
  });
  const channels = unit.layers.at(-1)?.out ?? 0;
  const relu: Block = { kind: 'relu', label: null, channels };
  if (unit.shortcut === 'none') return [...chain, relu];
  const alwaysProject = unit.shortcut === 'projection';
  const input = unit.layers[0]?.in ?? null;
  return [
    { kind: 'residual', label: null, in: input, stride: unit.stride, alwaysProject, projectionBias, blocks: chain },
    relu,
  ];
};

/** The blocks that a network of super blocks really consists of, up to the head: what the counters walk over. */
export function leafBlocks(blocks: readonly SuperBlock[], options: ExpandOptions): Block[] {
  return expand(blocks, options).flatMap((unit) => leavesOfUnit(unit, !blocks.some(isGenet)));
}
