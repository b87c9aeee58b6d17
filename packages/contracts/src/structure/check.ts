import { type Block, inChannels, outChannels, type SuperBlock } from './block.ts';
import { parseStructure, StructureError } from './parse.ts';

/**
 * What is wrong with a structure that follows the grammar: widths below one, strides other than 1 and 2, blocks that do
 * not fit the one before. An empty list means that it can be built.
 */
export function structureFaults(blocks: readonly Block[]): string[] {
  const faults: string[] = [];
  const walk = (net: readonly Block[], at: string): void => {
    let channels: number | null = null;
    net.forEach((block, i) => {
      const place = `${at}block ${i + 1}`;
      if (channels !== null && inChannels(block) !== channels)
        faults.push(`${place} takes ${inChannels(block)} channels, the block before it gives ${channels}`);
      channels = outChannels(block);
      faults.push(...ownFaults(block).map((fault) => `${place}: ${fault}`));
      if (block.kind === 'sequential' || block.kind === 'residual') walk(block.blocks, `${place}, `);
      if (block.kind === 'sum' || block.kind === 'concat')
        block.branches.forEach((branch, b) => {
          walk(branch, `${place}, branch ${b + 1}, `);
        });
    });
  };
  walk(blocks, '');
  return faults;
}

const ownFaults = (block: Block): string[] => {
  const faults: string[] = [];
  if ('stride' in block && block.stride !== null && block.stride !== 1 && block.stride !== 2)
    faults.push(`stride must be 1 or 2, is ${block.stride}`);
  for (const name of ['in', 'out', 'channels', 'bottleneck', 'layers', 'kernel', 'size'] as const) {
    const value = (block as Partial<Record<typeof name, number | null>>)[name];
    if (value !== undefined && value !== null && value < 1) faults.push(`${name} must be at least 1, is ${value}`);
  }
  if (block.kind === 'super' && block.family === 'genet-k1dw' && block.expansion !== 1)
    faults.push(`ratio must be 1 in SuperResK1DW, is ${block.expansion}`);
  if (block.kind === 'conv' && (block.in % block.groups !== 0 || block.out % block.groups !== 0))
    faults.push(`in and out must be multiples of the ${block.groups} groups`);
  if (block.kind === 'sum' && new Set(block.branches.map((branch) => branchOut(branch))).size > 1)
    faults.push('the branches of a sum must give the same number of channels');
  return faults;
};

const branchOut = (branch: readonly Block[]): number => {
  const last = branch.at(-1);
  return last === undefined ? 0 : outChannels(last);
};

/** @throws RangeError naming every fault of a structure that a network is to be built from */
export function assertBuildable(blocks: readonly SuperBlock[]): void {
  const faults = structureFaults(blocks);
  if (faults.length > 0) throw new RangeError(`structure cannot be built: ${faults.join('; ')}`);
}

/**
 * The super blocks of a structure. A convolution with batch normalisation and relu behind it, as GENet writes stem and
 * head, counts as a plain super block of one layer; the pooling, flattening and linear layers that end a network are
 * left out, for every network gets its head anyway.
 *
 * @throws RangeError if one of its blocks is another kind
 */
export function superBlocks(blocks: readonly Block[]): SuperBlock[] {
  const found: SuperBlock[] = [];
  const numBeforeHead = blocks.findLastIndex(({ kind }) => !HEAD_KINDS.has(kind)) + 1;
  for (let i = 0; i < numBeforeHead; i += 1) {
    const [block, norm, relu] = blocks.slice(i, i + 3);
    if (block?.kind === 'super') found.push(block);
    else if (block?.kind === 'conv' && block.groups === 1 && norm?.kind === 'batch-norm' && relu?.kind === 'relu') {
      const { label, in: input, out, kernel, stride } = block;
      const plain = {
        family: 'conv',
        kernel,
        expansion: 1,
        in: input,
        out,
        stride,
        bottleneck: out,
        layers: 1,
      } as const;
      found.push({ kind: 'super', label, ...plain });
      i += 2;
    } else throw new RangeError(`block ${i + 1} is ${block?.kind}; only super blocks can be here`);
  }
  return found;
}

const HEAD_KINDS: ReadonlySet<Block['kind']> = new Set(['average-pool', 'flatten', 'linear']);

/** What keeps a structure string from being built as a network of super blocks; an empty list means that it can be. */
export function structureStringFaults(text: string): string[] {
  try {
    const blocks = superBlocks(parseStructure(text));
    return structureFaults(blocks);
  } catch (error) {
    if (error instanceof StructureError || error instanceof RangeError) return [error.message];
    throw error;
  }
}
