/** @file The ResNet family (arXiv:1512.03385), with the stem of ImageNet or the 3x3 stem that is usual for CIFAR. */
import { BOTTLENECK_EXPANSION, basicBlock, bottleneckBlock } from './basic-block.ts';
import { type BuildOptions, DEFAULT_BATCH_NORM_MOMENTUM } from './build-options.ts';
import { convNorm } from './conv-norm.ts';
import { dense } from './dense.ts';
import { fanInUniform, heNormal } from './init.ts';
import { chain, type Layer } from './layer.ts';
import { createNetwork, type Network, type Stage } from './network.ts';
import { pool } from './pool.ts';
import { squeezedWidth } from './structure/squeezed-width.ts';
import { type UnitStyle, unit } from './unit.ts';
import { Weights } from './weights.ts';

const LAYOUTS = {
  18: { blocks: [2, 2, 2, 2], bottleneck: false },
  34: { blocks: [3, 4, 6, 3], bottleneck: false },
  50: { blocks: [3, 4, 6, 3], bottleneck: true },
} as const;

export interface ResNetOptions {
  depth: keyof typeof LAYOUTS;
  /** channels of the stem; each stage has twice the channels of the one before */
  width: number;
  /** `cifar`: 3x3, stride 1; `imagenet`: 7x7, stride 2, then 3x3 maximum, stride 2 */
  stem: 'cifar' | 'imagenet';
}

/** A ResNet with the stages `stem` and `stage-1` to `stage-4`. */
export function resnet({ depth, width, stem }: ResNetOptions, options: BuildOptions): Network {
  const weights = new Weights(options.rng);
  const style: UnitStyle = {
    norm: { epsilon: 1e-5, momentum: options.batchNormMomentum ?? DEFAULT_BATCH_NORM_MOMENTUM },
    init: heNormal('out'),
    activation: 'relu',
    lastActivation: 'relu',
    zeroLastGamma: false,
    projectionBias: false,
    squeezedWidth,
  };
  const { blocks, bottleneck } = LAYOUTS[depth];
  const stages: Stage[] = [{ name: 'stem', layer: stemOf(weights, stem, options.input.channels, width, style) }];
  let channels = width;
  blocks.forEach((count, i) => {
    const out = width * 2 ** i * (bottleneck ? BOTTLENECK_EXPANSION : 1);
    const layers = Array.from({ length: count }, (_, j): Layer => {
      const shape = { in: j === 0 ? channels : out, out, stride: j === 0 && i > 0 ? 2 : 1 };
      const spec = bottleneck ? bottleneckBlock(shape) : basicBlock(shape);
      return unit(weights, `stage-${i + 1}/block-${j + 1}`, spec, style);
    });
    stages.push({ name: `stage-${i + 1}`, layer: chain(layers) });
    channels = out;
  });
  const head = { in: channels, out: options.classes, bias: true, init: fanInUniform() };
  return createNetwork({ weights, stages, classifier: dense(weights, 'head', head), input: options.input });
}

const stemOf = (
  weights: Weights,
  kind: ResNetOptions['stem'],
  input: number,
  width: number,
  style: UnitStyle,
): Layer => {
  const [kernel, stride] = kind === 'cifar' ? [3, 1] : [7, 2];
  const first = unit(weights, 'stem', convNorm({ in: input, out: width, kernel, stride, depthwise: false }), style);
  return kind === 'cifar' ? first : chain([first, pool({ kind: 'max', window: 3, stride: 2, pad: 1 })]);
};
