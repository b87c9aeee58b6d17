import { assertBuildable, parseStructure, type SpaceName, type SuperBlock, superBlocks } from '@crucible/contracts';

/**
 * Start structures for small images and, where the stem has stride 2, for large ones: those of the released searches,
 * and of the same shape for the other spaces.
 */
const START = {
  xxbl: {
    small:
      'SuperConvK3BNRELU(3,8,1,1)SuperResK3K3(8,16,1,8,1)SuperResK3K3(16,32,2,16,1)SuperResK3K3(32,64,2,32,1)SuperResK3K3(64,64,2,32,1)SuperConvK1BNRELU(64,128,1,1)',
    large:
      'SuperConvK3BNRELU(3,32,2,1)SuperResK3K3(32,64,2,32,1)SuperResK3K3(64,128,2,64,1)SuperResK3K3(128,256,2,128,1)SuperResK3K3(256,512,2,256,1)SuperConvK1BNRELU(256,512,1,1)',
  },
  idw_fixfc: {
    small:
      'SuperConvK3BNRELU(3,8,1,1)SuperResIDWE6K3(8,32,1,8,1)SuperResIDWE6K3(32,48,2,32,1)SuperResIDWE6K3(48,96,2,48,1)SuperResIDWE6K3(96,128,2,96,1)SuperConvK1BNRELU(128,2048,1,1)',
    large:
      'SuperConvK3BNRELU(3,8,2,1)SuperResIDWE6K3(8,32,2,8,1)SuperResIDWE6K3(32,48,2,32,1)SuperResIDWE6K3(48,96,2,48,1)SuperResIDWE6K3(96,128,2,96,1)SuperConvK1BNRELU(128,2048,1,1)',
  },
  genet: {
    small:
      'SuperConvK3BNRELU(3,8,1,1)SuperResKXKX(8,16,3,1,1,1)SuperResKXKX(16,32,3,2,1,1)SuperResK1KXK1(32,64,3,2,0.25,1)SuperResK1DWK1(64,64,3,2,3,1)SuperConvK1BNRELU(64,128,1,1)',
    large:
      'SuperConvK3BNRELU(3,32,2,1)SuperResKXKX(32,64,3,2,1,1)SuperResKXKX(64,128,3,2,1,1)SuperResK1KXK1(128,256,3,2,0.25,1)SuperResK1DWK1(256,256,3,2,3,1)SuperConvK1BNRELU(256,512,1,1)',
  },
  resnet: {
    small:
      'SuperConvK3BNRELU(3,8,1,1)SuperResKXKX(8,16,3,1,1,1)SuperResKXKX(16,32,3,2,1,1)SuperResKXKX(32,64,3,2,1,1)SuperResKXKX(64,64,3,2,1,1)SuperConvK1BNRELU(64,128,1,1)',
    large:
      'SuperConvK3BNRELU(3,32,2,1)SuperResKXKX(32,64,3,2,1,1)SuperResKXKX(64,128,3,2,1,1)SuperResKXKX(128,256,3,2,1,1)SuperResKXKX(256,512,3,2,1,1)SuperConvK1BNRELU(512,512,1,1)',
  },
} as const satisfies Record<SpaceName, { small: string; large: string }>;

/** From this many pixels on the start structure is the one for large images. */
const LARGE_RESOLUTION = 96;

/**
 * Blocks that a search begins from: `written` if there is one, else the start structure of the space, its first block
 * set to the input channels of the dataset.
 *
 * @throws StructureError or RangeError if `written` cannot be built or takes other channels than the images have
 */
export function startStructure(
  written: string | null,
  space: SpaceName,
  image: { resolution: number; channels: number },
): SuperBlock[] {
  const preset = START[space][image.resolution < LARGE_RESOLUTION ? 'small' : 'large'];
  const blocks = superBlocks(parseStructure(written ?? preset));
  const [first, ...rest] = blocks;
  if (written === null && first !== undefined) return [{ ...first, in: image.channels }, ...rest];
  if (first?.in !== image.channels)
    throw new RangeError(`initStructure takes ${first?.in} input channels, the images have ${image.channels}`);
  assertBuildable(blocks);
  return blocks;
}
