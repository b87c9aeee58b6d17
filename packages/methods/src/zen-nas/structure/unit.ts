/** One convolution and the batch normalisation that follows it. No bias; padding `(kernel - 1) / 2` on every side. */
export interface ConvLayer {
  in: number;
  out: number;
  kernel: number;
  stride: number;
  /** one filter per channel; `in` equals `out` */
  depthwise: boolean;
}

/**
 * A chain of convolutions with the link around it. Between two layers lies batch normalisation and ReLU;
 * after the last one batch normalisation, then the sum with the shortcut if there is one, then ReLU.
 */
export interface Unit {
  layers: readonly ConvLayer[];
  /** `projection`: 1x1 convolution with bias and with `stride`, then batch normalisation */
  shortcut: 'none' | 'identity' | 'projection';
  stride: number;
  /** index of the layer whose output, after ReLU, squeeze-and-excitation scales; null: none */
  squeezeAfter: number | null;
}

/** Inner width of squeeze-and-excitation on `channels`: a quarter, ties to even, at least one. */
export function squeezedWidth(channels: number): number {
  const quarter = channels / 4;
  const below = Math.floor(quarter);
  const up = quarter - below > 0.5 || (quarter - below === 0.5 && below % 2 === 1);
  return Math.max(1, up ? below + 1 : below);
}
