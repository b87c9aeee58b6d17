import { type Block, inChannels, outChannels } from '@crucible/contracts';
import { type Cost, costOfBranches, costOfChain, freeAt } from './cost.ts';
import { squeezedWidth } from './squeezed-width.ts';

/** Resolution after a window of `kernel` with `(kernel - 1) / 2` padding, rounded down, on every side. */
const afterWindow = (r: number, kernel: number, stride: number): number =>
  Math.floor((r + 2 * Math.floor((kernel - 1) / 2) - kernel) / stride) + 1;

/**
 * Cost of one block as it is built: trainable parameters, and multiply-accumulates of convolutions and linear layers.
 *
 * @param r resolution of the block's input
 */
export function exactCost(block: Block, r: number): Cost {
  switch (block.kind) {
    case 'super':
      throw new RangeError('a super block has to be expanded before it is counted');
    case 'conv': {
      const { in: input, out, kernel, stride, groups } = block;
      const params = (input * out * kernel ** 2) / groups;
      const resolution = afterWindow(r, kernel, stride);
      return { params, flops: params * resolution ** 2, normalised: 0, resolution };
    }
    case 'depthwise-conv': {
      const { channels, kernel, stride } = block;
      const params = channels * kernel ** 2;
      const resolution = afterWindow(r, kernel, stride);
      return { params, flops: params * resolution ** 2, normalised: 0, resolution };
    }
    case 'batch-norm':
      return { params: 2 * block.channels, flops: 0, normalised: block.channels * r ** 2, resolution: r };
    case 'squeeze-excite': {
      const { channels } = block;
      const inner = squeezedWidth(channels);
      return {
        params: 2 * channels * inner + 2 * inner + 2 * channels,
        flops: 2 * channels * inner,
        normalised: inner + channels,
        resolution: r,
      };
    }
    case 'linear': {
      const weights = block.in * block.out;
      return { params: weights + (block.bias ? block.out : 0), flops: weights, normalised: 0, resolution: 1 };
    }
    case 'relu':
    case 'swish':
      return freeAt(r);
    case 'max-pool':
      return freeAt(afterWindow(r, block.kernel, block.stride));
    case 'average-pool':
      return freeAt(block.size);
    case 'flatten':
      return freeAt(1);
    case 'sequential':
      return costOfChain(exactCost, block.blocks, r);
    case 'residual': {
      const chain = costOfChain(exactCost, block.blocks, r);
      const [input, out] = [inChannels(block), outChannels(block)];
      if (!block.alwaysProject && input === out && chain.resolution === r) return chain;
      const pixels = chain.resolution ** 2;
      return {
        // weights, two batch-norm vectors, bias
        params: chain.params + input * out + (block.projectionBias === false ? 2 : 3) * out,
        flops: chain.flops + input * out * pixels,
        normalised: chain.normalised + out * pixels,
        resolution: chain.resolution,
      };
    }
    case 'sum':
    case 'concat':
      return costOfBranches(exactCost, block.branches, r);
  }
}
