import { type Block, type GenetFamily, isGenet, type SuperBlock } from './block.ts';

const CHANNEL_NAMES = {
  'batch-norm': 'BN',
  relu: 'RELU',
  swish: 'Swish',
  'squeeze-excite': 'SE',
  flatten: 'Flatten',
} as const;

const GENET_NAMES: Readonly<Record<GenetFamily, string>> = {
  'genet-xx': 'SuperResKXKX',
  'genet-bl': 'SuperResK1KXK1',
  'genet-dw': 'SuperResK1DWK1',
  'genet-k1kx': 'SuperResK1KX',
  'genet-k1dw': 'SuperResK1DW',
};

const superName = ({ family, kernel, expansion }: SuperBlock): string =>
  ({
    ...GENET_NAMES,
    conv: `SuperConvK${kernel}BNRELU`,
    xx: `SuperResK${kernel}K${kernel}`,
    bl: `SuperResK1K${kernel}K1`,
    mb: `SuperResIDWE${expansion}K${kernel}`,
  })[family];

const printBlock = (block: Block): string => {
  const label = block.label === null ? '' : `${block.label}|`;
  const write = (name: string, ...args: (number | string)[]) => `${name}(${label}${args.join(',')})`;
  switch (block.kind) {
    case 'super': {
      const name = superName(block);
      if (isGenet(block))
        return write(name, block.in, block.out, block.kernel, block.stride, block.expansion, block.layers);
      return block.family === 'conv'
        ? write(name, block.in, block.out, block.stride, block.layers)
        : write(name, block.in, block.out, block.stride, block.bottleneck, block.layers);
    }
    case 'conv':
      return write(
        block.groups === 1 ? 'ConvKX' : `ConvKXG${block.groups}`,
        block.in,
        block.out,
        block.kernel,
        block.stride,
      );
    case 'depthwise-conv':
      return write('ConvDW', block.channels, block.kernel, block.stride);
    case 'linear':
      return write('Linear', block.in, block.out, block.bias ? 1 : 0);
    case 'max-pool':
      return write('MaxPool', block.channels, block.kernel, block.stride);
    case 'average-pool':
      return write('AdaptiveAvgPool', block.channels, block.size);
    case 'sequential':
      return write('Sequential', printStructure(block.blocks));
    case 'residual': {
      const known = [block.in, block.stride].filter((value) => value !== null);
      return write(block.alwaysProject ? 'ResBlockProj' : 'ResBlock', ...known, printStructure(block.blocks));
    }
    case 'sum':
    case 'concat':
      return write(
        block.kind === 'sum' ? 'MultiSumBlock' : 'MultiCatBlock',
        block.branches.map(printStructure).join(';'),
      );
    default:
      return write(CHANNEL_NAMES[block.kind], block.channels);
  }
};

/** The structure string of `blocks`: what `parseStructure` reads back to the same blocks. */
export function printStructure(blocks: readonly Block[]): string {
  return blocks.map(printBlock).join('');
}
