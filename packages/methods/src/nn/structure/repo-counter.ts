import { type Block, inChannels, outChannels } from '@crucible/contracts';
import { type Cost, costOfBranches, costOfChain, freeAt } from './cost.ts';
import { squeezedWidth } from './squeezed-width.ts';

/**
 * Cost of one block by the counters of the released code, slips included: they are what published budgets mean.
 *
 * - batch normalisation counts one of its two vectors, a bias counts as a single parameter;
 * - odd sizes are floored where the real convolution rounds up;
 * - a projection is counted at the resolution after its stride divided by the stride once more.
 *
 * @param r resolution of the block's input
 */
export function repoCost(block: Block, r: number): Cost {
  switch (block.kind) {
    case 'super':
      throw new RangeError('a super block has to be expanded before it is counted');
    case 'conv': {
      const { in: input, out, kernel, stride, groups } = block;
      const dense = Math.floor((input * out * kernel ** 2 * r ** 2) / stride ** 2);
      return {
        params: Math.floor((input * out * kernel ** 2) / groups),
        flops: Math.floor(dense / groups),
        normalised: 0,
        resolution: Math.floor(r / stride),
      };
    }
    case 'depthwise-conv': {
      const { channels, kernel, stride } = block;
      return {
        params: channels * kernel ** 2,
        flops: Math.floor((channels * kernel ** 2 * r ** 2) / stride ** 2),
        normalised: 0,
        resolution: Math.floor(r / stride),
      };
    }
    case 'batch-norm': {
      const elements = block.channels * r ** 2;
      return { params: block.channels, flops: elements, normalised: elements, resolution: r };
    }
    case 'swish':
      return { params: 0, flops: block.channels * r ** 2, normalised: 0, resolution: r };
    case 'squeeze-excite': {
      const { channels } = block;
      const inner = squeezedWidth(channels);
      return {
        params: 2 * channels * inner + 2 * inner + 2 * channels,
        flops: 2 * channels * inner + channels + channels * r ** 2,
        normalised: inner + channels,
        resolution: r,
      };
    }
    case 'linear': {
      const weights = block.in * block.out;
      return { params: weights + (block.bias ? 1 : 0), flops: weights, normalised: 0, resolution: 1 };
    }
    case 'relu':
      return freeAt(r);
    case 'max-pool':
      return freeAt(Math.floor(r / block.stride));
    case 'average-pool':
      return freeAt(block.size);
    case 'flatten':
      return freeAt(1);
    case 'sequential':
      return costOfChain(repoCost, block.blocks, r);
    case 'residual': {
      const chain = costOfChain(repoCost, block.blocks, r);
      const [input, out] = [inChannels(block), outChannels(block)];
      const stride = block.stride ?? strideOf(block.blocks);
      if (!block.alwaysProject && input === out && stride === 1) return chain;
      return {
        ...chain,
        params: chain.params + input * out + out,
        flops: chain.flops + (input * out + out) * (chain.resolution / stride) ** 2,
      };
    }
    case 'sum':
    case 'concat':
      return costOfBranches(repoCost, block.branches, r);
  }
}

/** Stride of a chain: how much smaller a picture of 1024 pixels leaves it. */
const strideOf = (blocks: readonly Block[]): number => 1024 / costOfChain(repoCost, blocks, 1024).resolution;
