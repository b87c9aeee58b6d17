/** One super block of a structure string, as it is drawn. */
export interface StructureBlock {
  /** `conv`, `residual`, `bottleneck`, `inverted depth-wise` */
  kind: string;
  /** kernel sizes in order, such as `3`, `3·3`, `1·5·1` */
  kernel: string;
  /** expansion of an inverted block */
  expansion: number | null;
  inChannels: number;
  outChannels: number;
  stride: number;
  /** inner channels, null for a plain convolution */
  bottleneck: number | null;
  layers: number;
}

const BLOCK = /Super(ConvK(\d+)BNRELU|ResK(\d+)K(\d+)(?:K(\d+))?|ResIDWE(\d+)K(\d+))\((?:[^|()]*\|)?([\d,]+)\)/y;

/**
 * The blocks of a structure string made of super blocks: what a search gives.
 *
 * @returns null for any other string, which is then shown as it is
 */
export function structureBlocks(structure: string): StructureBlock[] | null {
  const blocks: StructureBlock[] = [];
  BLOCK.lastIndex = 0;
  while (BLOCK.lastIndex < structure.length) {
    const match = BLOCK.exec(structure);
    if (match === null) return null;
    const [, , conv, first, second, third, expansion, depthwise, args = ''] = match;
    const numbers = args.split(',').map(Number);
    if (numbers.length !== (conv === undefined ? 5 : 4)) return null;
    const [inChannels = 0, outChannels = 0, stride = 0, fourth = 0, fifth] = numbers;
    blocks.push({
      kind:
        conv !== undefined
          ? 'conv'
          : depthwise !== undefined
            ? 'inverted depth-wise'
            : third === undefined
              ? 'residual'
              : 'bottleneck',
      kernel: conv ?? depthwise ?? [first, second, third].filter((size) => size !== undefined).join('·'),
      expansion: expansion === undefined ? null : Number(expansion),
      inChannels,
      outChannels,
      stride,
      bottleneck: fifth === undefined ? null : fourth,
      layers: fifth ?? fourth,
    });
  }
  return blocks.length === 0 ? null : blocks;
}
