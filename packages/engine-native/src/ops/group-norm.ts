import {
  add,
  engine,
  getBackend,
  getKernel,
  mean,
  mul,
  type NamedAttrMap,
  reshape,
  rsqrt,
  square,
  sub,
  type Tensor,
  type Tensor1D,
  tidy,
} from '@tensorflow/tfjs-core';

/** Fused kernel, registered by engines that have it. */
export const GROUP_NORM = 'CrucibleGroupNorm';
/** Kernel behind its gradient. */
export const GROUP_NORM_GRAD = 'CrucibleGroupNormGrad';

/** The input seen as samples of `[pixels, channels]`. */
export interface GroupNormAttrs {
  readonly samples: number;
  readonly pixels: number;
  readonly groups: number;
  readonly epsilon: number;
}

function normalise<T extends Tensor>(op: string, x: T, gamma: Tensor1D, beta: Tensor1D, attrs: GroupNormAttrs): T {
  const channels = x.shape.at(-1) ?? 1;
  for (const [name, tensor] of Object.entries({ gamma, beta })) {
    if (tensor.rank === 1 && tensor.size === channels) continue;
    throw new Error(`${op}: ${name} must have shape [${channels}], has [${tensor.shape}]`);
  }
  if (x.size > 0 && getKernel(GROUP_NORM, getBackend()) !== undefined) {
    return engine().runKernel(GROUP_NORM, { x, gamma, beta }, attrs as unknown as NamedAttrMap) as unknown as T;
  }
  const { samples, pixels, groups, epsilon } = attrs;
  return tidy(() => {
    const grouped = reshape(x as Tensor, [samples, pixels, groups, channels / groups]);
    const centred = sub(grouped, mean(grouped, [1, 3], true));
    const variance = mean(square(centred), [1, 3], true);
    const normalised = reshape(mul(centred, rsqrt(add(variance, epsilon))), x.shape);
    return add(mul(normalised, gamma), beta) as T;
  });
}

/**
 * Group normalisation (Wu and He 2018): each sample by mean and biased variance of each group of its channels.
 *
 * Differentiable in `x`, `gamma` and `beta`. One fused kernel where the engine has it, plain ops elsewhere.
 *
 * @param x `[N, ..., C]` float32
 * @param gamma `[C]`
 * @param beta `[C]`
 * @param groups divides C
 */
export function groupNorm<T extends Tensor>(x: T, gamma: Tensor1D, beta: Tensor1D, groups: number, epsilon = 1e-5): T {
  const [samples = 1, channels = 1] = [x.shape[0], x.shape.at(-1)];
  if (x.rank < 2) throw new Error(`groupNorm: x must have rank 2 or more, has ${x.rank}`);
  if (!Number.isInteger(groups) || groups < 1 || channels % groups !== 0) {
    throw new Error(`groupNorm: ${channels} channels cannot be split in ${groups} groups`);
  }
  const pixels = x.shape.slice(1, -1).reduce((size, length) => size * length, 1);
  return normalise('groupNorm', x, gamma, beta, { samples, pixels, groups, epsilon });
}

/**
 * Layer normalisation (Ba, Kiros and Hinton 2016) over the last axis, by mean and biased variance of each row.
 *
 * Differentiable in `x`, `gamma` and `beta`. One fused kernel where the engine has it, plain ops elsewhere.
 *
 * @param x `[..., C]` float32
 * @param gamma `[C]`
 * @param beta `[C]`
 */
export function layerNorm<T extends Tensor>(x: T, gamma: Tensor1D, beta: Tensor1D, epsilon = 1e-5): T {
  if (x.rank < 1) throw new Error('layerNorm: x must have rank 1 or more, has 0');
  const samples = x.shape.slice(0, -1).reduce((size, length) => size * length, 1);
  return normalise('layerNorm', x, gamma, beta, { samples, pixels: 1, groups: 1, epsilon });
}
