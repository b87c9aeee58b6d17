import { isGenet, type SuperBlock } from '@crucible/contracts';
import type { ConvSpec } from '../conv.ts';
import type { UnitSpec } from '../unit.ts';
import { round8 } from './round8.ts';

/** How a structure becomes a network: scoring uses neither, training links and, if wished, squeeze-and-excitation. */
export interface ExpandOptions {
  residuals: boolean;
  squeezeExcite: boolean;
}

const conv = (input: number, out: number, kernel: number, stride = 1): ConvSpec => ({
  in: input,
  out,
  kernel,
  stride,
  depthwise: false,
});
const depthwise = (channels: number, kernel: number, stride = 1): ConvSpec => ({
  in: channels,
  out: channels,
  kernel,
  stride,
  depthwise: true,
});

/** Convolutions of one unit before links are drawn. */
interface Chain {
  layers: ConvSpec[];
  squeezeAfter: number | null;
}

/** Chains of layer `i` of a super block: one, or two in the families that have two units per layer. */
const chainsOfLayer = (block: SuperBlock, i: number): Chain[] => {
  const { family, kernel, out, bottleneck: b, expansion } = block;
  const input = i === 0 ? block.in : out;
  const stride = i === 0 ? block.stride : 1;
  switch (family) {
    case 'conv':
      return [{ layers: [conv(input, out, kernel, stride)], squeezeAfter: null }];
    case 'xx':
      return [{ layers: [conv(input, b, kernel, stride), conv(b, out, kernel)], squeezeAfter: 0 }];
    case 'bl':
      return [
        { layers: [conv(input, b, 1), conv(b, b, kernel, stride), conv(b, out, 1)], squeezeAfter: 1 },
        { layers: [conv(out, b, 1), conv(b, b, kernel), conv(b, out, 1)], squeezeAfter: 1 },
      ];
    case 'mb': {
      const d1 = round8(b * expansion);
      const d2 = round8(out * expansion);
      return [
        { layers: [conv(input, d1, 1), depthwise(d1, kernel, stride), conv(d1, b, 1)], squeezeAfter: 1 },
        { layers: [conv(b, d2, 1), depthwise(d2, kernel), conv(d2, out, 1)], squeezeAfter: 1 },
      ];
    }
    case 'genet-xx':
      return [{ layers: [conv(input, b, kernel, stride), conv(b, out, kernel)], squeezeAfter: 0 }];
    case 'genet-bl':
      return [{ layers: [conv(input, b, 1), conv(b, b, kernel, stride), conv(b, out, 1)], squeezeAfter: 1 }];
    case 'genet-dw':
      return [{ layers: [conv(input, b, 1), depthwise(b, kernel, stride), conv(b, out, 1)], squeezeAfter: 1 }];
    case 'genet-k1kx':
      return [{ layers: [conv(input, b, 1), conv(b, out, kernel, stride)], squeezeAfter: 0 }];
    case 'genet-k1dw':
      return [{ layers: [conv(input, out, 1), depthwise(out, kernel, stride)], squeezeAfter: 0 }];
  }
};

/**
 * Units of one super block. In the families of Zen-NAS its first unit always projects; all others, and every unit of
 * GENet's, only where the shape changes.
 */
export function expandBlock(block: SuperBlock, options: ExpandOptions): UnitSpec[] {
  const chains = Array.from({ length: block.layers }, (_, i) => chainsOfLayer(block, i)).flat();
  return chains.map(({ layers, squeezeAfter }, i) => {
    const stride = layers.reduce((product, layer) => product * layer.stride, 1);
    const sameShape = layers[0]?.in === layers.at(-1)?.out && stride === 1;
    const links = options.residuals && block.family !== 'conv';
    return {
      layers,
      shortcut: !links ? 'none' : (i > 0 || isGenet(block)) && sameShape ? 'identity' : 'projection',
      stride,
      squeezeAfter: options.squeezeExcite ? squeezeAfter : null,
    };
  });
}

/** All units of a structure of super blocks, in execution order. */
export function expand(blocks: readonly SuperBlock[], options: ExpandOptions): UnitSpec[] {
  return blocks.flatMap((block) => expandBlock(block, options));
}

/** Sum of the layers of all super blocks: what the depth budget bounds. It is not the number of convolutions. */
export function depthOf(blocks: readonly SuperBlock[]): number {
  return blocks.reduce((sum, block) => sum + block.layers, 0);
}
