import { type BuildOptions, DEFAULT_BATCH_NORM_MOMENTUM } from './build-options.ts';
import { convNorm } from './conv-norm.ts';
import { dense } from './dense.ts';
import { fanInUniform, heNormal } from './init.ts';
import { createNetwork, type Network, type Stage } from './network.ts';
import { squeezedWidth } from './structure/squeezed-width.ts';
import { type UnitStyle, unit } from './unit.ts';
import { Weights } from './weights.ts';

export interface SmallCnnOptions {
  /** of each 3x3 convolution */
  channels: readonly number[];
  /** one per convolution */
  strides: readonly number[];
}

/** A few 3x3 convolutions, each with batch normalisation and ReLU: the stages `conv-1`, `conv-2`, .. */
export function smallCnn({ channels, strides }: SmallCnnOptions, options: BuildOptions): Network {
  const weights = new Weights(options.rng);
  const style: UnitStyle = {
    norm: { epsilon: 1e-5, momentum: options.batchNormMomentum ?? DEFAULT_BATCH_NORM_MOMENTUM },
    init: heNormal(),
    activation: 'relu',
    lastActivation: 'relu',
    zeroLastGamma: false,
    projectionBias: false,
    squeezedWidth,
  };
  let width = options.input.channels;
  const stages = channels.map((out, i): Stage => {
    const spec = convNorm({ in: width, out, kernel: 3, stride: strides[i] ?? 1, depthwise: false });
    width = out;
    return { name: `conv-${i + 1}`, layer: unit(weights, `unit-${i + 1}`, spec, style) };
  });
  const head = { in: width, out: options.classes, bias: true, init: fanInUniform() };
  return createNetwork({ weights, stages, classifier: dense(weights, 'head', head), input: options.input });
}
