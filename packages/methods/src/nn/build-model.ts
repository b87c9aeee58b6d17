import { type Architecture, assertBuildable, parseStructure, superBlocks } from '@crucible/contracts';
import { type BuildOptions, DEFAULT_BATCH_NORM_MOMENTUM } from './build-options.ts';
import { mlp } from './mlp.ts';
import type { Network } from './network.ts';
import { resnet } from './resnet.ts';
import { smallCnn } from './small-cnn.ts';
import { structureNetwork } from './structure-network.ts';

/**
 * The network that a config's `model` describes, with its first weights.
 *
 * @throws StructureError if a structure string does not follow the grammar; RangeError if it cannot be built, or takes
 *   another number of channels than the images have
 */
export function buildModel(architecture: Architecture, options: BuildOptions): Network {
  switch (architecture.kind) {
    case 'resnet':
      return resnet(architecture, options);
    case 'small-cnn':
      return smallCnn(architecture, options);
    case 'mlp':
      return mlp(architecture, options);
    case 'structure': {
      const { structure } = architecture;
      if (typeof structure !== 'string') throw new RangeError('model.structure is a reference that nobody has read');
      const blocks = superBlocks(parseStructure(structure));
      assertBuildable(blocks);
      const [first] = blocks;
      if (first?.in !== options.input.channels)
        throw new RangeError(
          `model.structure takes ${first?.in} channels, the images have ${options.input.channels}; change its first block`,
        );
      const { batchNormMomentum = DEFAULT_BATCH_NORM_MOMENTUM } = options;
      const { squeezeExcite } = architecture;
      return structureNetwork(blocks, { ...options, batchNormMomentum, residuals: true, squeezeExcite });
    }
  }
}
