/** @file The ResNet family (arXiv:1512.03385), with the stem of ImageNet or the 3x3 stem that is usual for CIFAR. */
import { BOTTLENECK_EXPANSION, basicBlock, bottleneckBlock } from './basic-block.ts';
import { type BuildOptions, DEFAULT_BATCH_NORM_MOMENTUM } from './build-options.ts';
import { convNorm } from './conv-norm.ts';
import { dense } from './dense.ts';
import { fanInUniform, heNormal } from './init.ts';
import { chain } from './layer.ts';
import { createNetwork, type Network, type Stage } from './network.ts';
import { pool } from './pool.ts';
import { squeezedWidth } from './structure/squeezed-width.ts';
import { type UnitSpec, type UnitStyle, unit } from './unit.ts';
import { Weights } from './weights.ts';

const LAYOUTS = {
  18: { blocks: [2, 2, 2, 2], bottleneck: false },
  34: { blocks: [3, 4, 6, 3], bottleneck: false },
  50: { blocks: [3, 4, 6, 3], bottleneck: true },
  101: { blocks: [3, 4, 23, 3], bottleneck: true },
  152: { blocks: [3, 8, 36, 3], bottleneck: true },
} as const;

export interface ResNetOptions {
  depth: keyof typeof LAYOUTS;
  /** channels of the stem; each stage has twice the channels of the one before */
  width: number;
  /** `cifar`: 3x3, stride 1; `imagenet`: 7x7, stride 2, then 3x3 maximum, stride 2 */
  stem: 'cifar' | 'imagenet';
}

/** Units of the stem and of the four stages, in order. */
const unitsOfStages = ({ depth, width, stem }: ResNetOptions, inChannels: number): UnitSpec[][] => {
  const { blocks, bottleneck } = LAYOUTS[depth];
  const [kernel, stride] = stem === 'cifar' ? [3, 1] : [7, 2];
  let channels = width;
  const stages = blocks.map((count, i) => {
    const out = width * 2 ** i * (bottleneck ? BOTTLENECK_EXPANSION : 1);
    const units = Array.from({ length: count }, (_, j): UnitSpec => {
      const shape = { in: j === 0 ? channels : out, out, stride: j === 0 && i > 0 ? 2 : 1 };
      return bottleneck ? bottleneckBlock(shape) : basicBlock(shape);
    });
    channels = out;
    return units;
  });
  return [[convNorm({ in: inChannels, out: width, kernel, stride, depthwise: false })], ...stages];
};

/** All units of a ResNet in execution order, the stem first; its maximum pooling is not among them. */
export const resnetUnits = (options: ResNetOptions, inChannels: number): UnitSpec[] =>
  unitsOfStages(options, inChannels).flat();

/** A ResNet with the stages `stem` and `stage-1` to `stage-4`. */
export function resnet(resnetOptions: ResNetOptions, options: BuildOptions): Network {
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
  const [stemUnits = [], ...rest] = unitsOfStages(resnetOptions, options.input.channels);
  const stemLayers = stemUnits.map((spec) => unit(weights, 'stem', spec, style));
  if (resnetOptions.stem === 'imagenet') stemLayers.push(pool({ kind: 'max', window: 3, stride: 2, pad: 1 }));
  const stages: Stage[] = [
    { name: 'stem', layer: chain(stemLayers) },
    ...rest.map((units, i) => ({
      name: `stage-${i + 1}`,
      layer: chain(units.map((spec, j) => unit(weights, `stage-${i + 1}/block-${j + 1}`, spec, style))),
    })),
  ];
  const channels = rest.at(-1)?.at(-1)?.layers.at(-1)?.out ?? 0;
  const head = { in: channels, out: options.classes, bias: true, init: fanInUniform() };
  return createNetwork({ weights, stages, classifier: dense(weights, 'head', head), input: options.input });
}
