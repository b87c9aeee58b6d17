import { type Picture, toByte } from './picture.ts';

/** A part of a picture, in pixels. */
export interface Box {
  top: number;
  left: number;
  height: number;
  width: number;
}

/** Weights of the input pixels behind each output pixel of one axis. */
interface AxisWeights {
  first: Int32Array;
  weights: readonly Float64Array[];
}

/**
 * Triangle filter of one axis, as wide as an output pixel where the picture shrinks: what Pillow calls bilinear. Weights
 * are cut at the box's edge and sum to one.
 */
const axisWeights = (start: number, length: number, output: number): AxisWeights => {
  const scale = length / output;
  const support = Math.max(1, scale);
  const first = new Int32Array(output);
  const weights = Array.from({ length: output }, (_, i) => {
    const centre = (i + 0.5) * scale;
    const low = Math.max(0, Math.floor(centre - support));
    const high = Math.min(length, Math.ceil(centre + support));
    const row = Float64Array.from({ length: high - low }, (_, j) =>
      Math.max(0, 1 - Math.abs(low + j + 0.5 - centre) / support),
    );
    const total = row.reduce((sum, weight) => sum + weight, 0);
    first[i] = start + low;
    return row.map((weight) => weight / total);
  });
  return { first, weights };
};

/** The part of a picture inside `box`, resized to `height` x `width` with a triangle filter. */
export function cropAndResize(picture: Picture, box: Box, height: number, width: number): Picture {
  const { channels } = picture;
  const columns = axisWeights(box.left, box.width, width);
  const rows = axisWeights(box.top, box.height, height);
  const narrow = new Float64Array(box.height * width * channels); // resized along x alone
  for (let y = 0; y < box.height; y++)
    for (let x = 0; x < width; x++) {
      const from = ((box.top + y) * picture.width + (columns.first[x] as number)) * channels;
      const weights = columns.weights[x] as Float64Array;
      for (let c = 0; c < channels; c++) {
        let sum = 0;
        for (let j = 0; j < weights.length; j++)
          sum += (weights[j] as number) * (picture.pixels[from + j * channels + c] as number);
        narrow[(y * width + x) * channels + c] = sum;
      }
    }
  const pixels = new Uint8Array(height * width * channels);
  const stride = width * channels;
  for (let y = 0; y < height; y++) {
    const from = ((rows.first[y] as number) - box.top) * stride;
    const weights = rows.weights[y] as Float64Array;
    for (let i = 0; i < stride; i++) {
      let sum = 0;
      for (let j = 0; j < weights.length; j++)
        sum += (weights[j] as number) * (narrow[from + j * stride + i] as number);
      pixels[y * stride + i] = toByte(sum);
    }
  }
  return { pixels, height, width, channels };
}
