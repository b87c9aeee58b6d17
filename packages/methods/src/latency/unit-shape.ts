import type { SuperBlock, UnitKind, UnitShape } from '@crucible/contracts';
import type { ConvSpec } from '../nn/conv.ts';
import { afterWindow } from '../nn/layer.ts';
import { expand } from '../nn/structure/expand.ts';
import type { UnitSpec } from '../nn/unit.ts';

/** Size of the square image that a network takes, and how many classes it tells apart. */
export interface ImageTask {
  resolution: number;
  classes: number;
}

const kindOf = ({ layers: [first, second, third] }: UnitSpec): UnitKind => {
  if (second === undefined) return 'conv';
  if (third !== undefined) return second.depthwise ? 'dw' : 'bl';
  if (second.depthwise) return 'k1dw';
  return first?.kernel === 1 ? 'k1kx' : 'xx';
};

const shapeOf = (spec: UnitSpec, resolution: number): UnitShape => {
  const [first, last] = [spec.layers[0], spec.layers.at(-1)];
  if (first === undefined || last === undefined) throw new RangeError('a unit has at least one convolution');
  return {
    kind: kindOf(spec),
    kernel: Math.max(...spec.layers.map(({ kernel }) => kernel)),
    in: first.in,
    hidden: first.out,
    out: last.out,
    stride: spec.stride,
    shortcut: spec.shortcut,
    resolution,
  };
};

/** Height and width of what leaves a unit. */
export const resolutionAfter = ({ kernel, stride, resolution }: UnitShape): number =>
  afterWindow(resolution, kernel, stride, (kernel - 1) / 2);

/** The units of a network with links and without squeeze-and-excitation, in order; the head is the last one. */
export function unitShapes(blocks: readonly SuperBlock[], { resolution, classes }: ImageTask): UnitShape[] {
  let size = resolution;
  const shapes = expand(blocks, { residuals: true, squeezeExcite: false }).map((spec) => {
    const shape = shapeOf(spec, size);
    size = resolutionAfter(shape);
    return shape;
  });
  return [...shapes, headShape(shapes.at(-1)?.out ?? 1, size, classes)];
}

const headShape = (width: number, resolution: number, classes: number): UnitShape => ({
  kind: 'head',
  kernel: 1,
  in: width,
  hidden: classes,
  out: classes,
  stride: 1,
  shortcut: 'none',
  resolution,
});

const layersOf = ({ kind, kernel, in: input, hidden, out, stride }: UnitShape): ConvSpec[] => {
  const conv = (from: number, to: number, k: number, s = 1): ConvSpec => {
    return { in: from, out: to, kernel: k, stride: s, depthwise: false };
  };
  const depthwise = (channels: number): ConvSpec => ({ ...conv(channels, channels, kernel, stride), depthwise: true });
  switch (kind) {
    case 'conv':
      return [conv(input, out, kernel, stride)];
    case 'xx':
      return [conv(input, hidden, kernel, stride), conv(hidden, out, kernel)];
    case 'bl':
      return [conv(input, hidden, 1), conv(hidden, hidden, kernel, stride), conv(hidden, out, 1)];
    case 'dw':
      return [conv(input, hidden, 1), depthwise(hidden), conv(hidden, out, 1)];
    case 'k1kx':
      return [conv(input, hidden, 1), conv(hidden, out, kernel, stride)];
    case 'k1dw':
      return [conv(input, out, 1), depthwise(out)];
    case 'head':
      throw new RangeError('the head has no convolutions');
  }
};

/** The unit of a shape. @throws RangeError for the head */
export const specOf = (shape: UnitShape): UnitSpec => ({
  layers: layersOf(shape),
  shortcut: shape.shortcut,
  stride: shape.stride,
  squeezeAfter: null,
});

/** A shape as text: equal for equal shapes. */
export const keyOf = ({ kind, kernel, in: input, hidden, out, stride, shortcut, resolution }: UnitShape): string =>
  `${kind} k${kernel} ${input}>${hidden}>${out} s${stride} ${shortcut} r${resolution}`;

/** What a unit computes and moves for one image. */
export interface UnitWork {
  /** multiply-accumulates of convolutions over all channels, and of depth-wise ones */
  denseMacs: number;
  depthwiseMacs: number;
  /** values that its convolutions and its sum read and write */
  elements: number;
}

/** The work of a unit for one image. */
export function workOf(shape: UnitShape): UnitWork {
  if (shape.kind === 'head')
    return { denseMacs: shape.in * shape.out, depthwiseMacs: 0, elements: shape.in * shape.resolution ** 2 };
  const work: UnitWork = { denseMacs: 0, depthwiseMacs: 0, elements: 0 };
  let size = shape.resolution;
  const add = (layer: ConvSpec): void => {
    const before = size ** 2;
    size = afterWindow(size, layer.kernel, layer.stride, (layer.kernel - 1) / 2);
    const macs = layer.kernel ** 2 * (layer.depthwise ? 1 : layer.in) * layer.out * size ** 2;
    if (layer.depthwise) work.depthwiseMacs += macs;
    else work.denseMacs += macs;
    work.elements += layer.in * before + layer.out * size ** 2;
  };
  for (const layer of layersOf(shape)) add(layer);
  const pixels = size ** 2;
  if (shape.shortcut !== 'none') work.elements += shape.out * pixels;
  if (shape.shortcut === 'projection') {
    work.denseMacs += shape.in * shape.out * pixels;
    work.elements += (shape.in + shape.out) * pixels;
  }
  return work;
}
