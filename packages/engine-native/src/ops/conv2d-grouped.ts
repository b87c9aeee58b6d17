import {
  type backend_util,
  concat,
  conv2d,
  engine,
  getBackend,
  getKernel,
  type NamedAttrMap,
  pad,
  reshape,
  slice,
  split,
  type Tensor4D,
  tidy,
} from '@tensorflow/tfjs-core';
import { RefusedInputsError } from './refused-inputs-error.ts';

/** Kernels of the op and its gradients, registered by engines that have them. */
export const CONV2D_GROUPED = 'CrucibleConv2DGrouped';
export const CONV2D_GROUPED_INPUT_GRAD = 'CrucibleConv2DGroupedInputGrad';
export const CONV2D_GROUPED_FILTER_GRAD = 'CrucibleConv2DGroupedFilterGrad';

export interface Conv2dGroupedOptions {
  /** @defaultValue 1 */
  readonly strides?: number | [number, number];
  /** @defaultValue 'same' */
  readonly pad?: 'same' | 'valid' | number | backend_util.ExplicitPadding;
  /** Distance of the filter's cells. @defaultValue 1 */
  readonly dilations?: number | [number, number];
  /** Parts of the channels that are convolved apart. @defaultValue 1 */
  readonly groups?: number;
}

export interface Conv2dGroupedAttrs {
  readonly strides: [number, number];
  readonly pad: 'same' | 'valid' | backend_util.ExplicitPadding;
  readonly dilations: [number, number];
  readonly groups: number;
}

const pair = (value: number | [number, number]): [number, number] =>
  typeof value === 'number' ? [value, value] : value;

/**
 * Convolution in groups, with gaps between the filter's cells, differentiable in both arguments.
 *
 * tfjs has no grouped convolution and no gradient of a dilated one. Group `g` of the input's channels
 * meets group `g` of the filters. One native call where the engine has it and takes the shape; elsewhere the filter is
 * spread with zeros and each group convolved by itself.
 *
 * @param x `[N, H, W, I]` float32
 * @param filter `[h, w, I / groups, O]`
 * @returns `[N, H', W', O]`
 */
export function conv2dGrouped(x: Tensor4D, filter: Tensor4D, options: Conv2dGroupedOptions = {}): Tensor4D {
  const { strides = 1, pad: padding = 'same', dilations = 1, groups = 1 } = options;
  const [inChannels, outChannels] = [x.shape[3], filter.shape[3]];
  if (!Number.isInteger(groups) || groups < 1 || inChannels % groups !== 0 || outChannels % groups !== 0) {
    throw new Error(`conv2dGrouped: ${inChannels} and ${outChannels} channels cannot be split in ${groups} groups`);
  }
  if (filter.shape[2] !== inChannels / groups) {
    throw new Error(`conv2dGrouped: filter must be [h, w, ${inChannels / groups}, O], is [${filter.shape}]`);
  }
  const attrs: Conv2dGroupedAttrs = {
    strides: pair(strides),
    // with a number tfjs would compute the output's size from the filter without its gaps
    pad:
      typeof padding === 'number'
        ? [
            [0, 0],
            [padding, padding],
            [padding, padding],
            [0, 0],
          ]
        : padding,
    dilations: pair(dilations),
    groups,
  };
  if (getKernel(CONV2D_GROUPED, getBackend()) === undefined) return fallback(x, filter, attrs);
  try {
    return engine().runKernel(CONV2D_GROUPED, { x, filter }, attrs as unknown as NamedAttrMap) as Tensor4D;
  } catch (error) {
    if (error instanceof RefusedInputsError) return fallback(x, filter, attrs);
    throw error;
  }
}

/** The filter with `dilation - 1` zeros between its cells along one of its first two axes. */
function spread(filter: Tensor4D, axis: 0 | 1, dilation: number): Tensor4D {
  if (dilation === 1) return filter;
  const [height, width, channels, filters] = filter.shape;
  const [before, length] = axis === 0 ? [1, height] : [height, width];
  const inner = filter.size / (before * length);
  const gapped = pad(reshape(filter, [before, length, 1, inner]), [
    [0, 0],
    [0, 0],
    [0, dilation - 1],
    [0, 0],
  ]);
  const extent = (length - 1) * dilation + 1;
  const trimmed = slice(reshape(gapped, [before, length * dilation, inner]), [0, 0, 0], [before, extent, inner]);
  return reshape(trimmed, axis === 0 ? [extent, width, channels, filters] : [height, extent, channels, filters]);
}

function fallback(x: Tensor4D, filter: Tensor4D, { strides, pad: padding, dilations, groups }: Conv2dGroupedAttrs) {
  return tidy((): Tensor4D => {
    const spreadFilter = spread(spread(filter, 0, dilations[0]), 1, dilations[1]);
    if (groups === 1) return conv2d(x, spreadFilter, strides, padding);
    const [inputs, filters] = [split(x, groups, 3), split(spreadFilter, groups, 3)];
    const parts = inputs.map((input, at) => conv2d(input as Tensor4D, filters[at] as Tensor4D, strides, padding));
    return concat(parts, 3) as Tensor4D;
  });
}
