/** @file First values of parameters. Fans count the window: `kernel^2 * channels`; see the papers beside each rule. */
import type { Rng } from '../random/rng.ts';

/** Inputs that one output sums over, and outputs that one input reaches. */
export interface Fans {
  in: number;
  out: number;
}

/** Writes the first values of a parameter. */
export type Initialiser = (values: Float32Array, fans: Fans, rng: Rng) => void;

/** Fans of a square convolution kernel; a depth-wise one has one input channel per filter. */
export const convFans = (kernel: number, inputsPerFilter: number, filters: number): Fans => ({
  in: kernel * kernel * inputsPerFilter,
  out: kernel * kernel * filters,
});

/** Every value is `value`. */
export const constant =
  (value: number): Initialiser =>
  (values) => {
    values.fill(value);
  };

/** N(0, std^2). */
export const normal =
  (std: number): Initialiser =>
  (values, _fans, rng) => {
    rng.fillNormal(values);
    for (let i = 0; i < values.length; i++) values[i] = (values[i] as number) * std;
  };

/** Uniform in `[-limit, limit)`. */
export const uniform =
  (limit: number): Initialiser =>
  (values, _fans, rng) => {
    for (let i = 0; i < values.length; i++) values[i] = (2 * rng.uniform() - 1) * limit;
  };

/** N(0, std^2) without what lies further out than two standard deviations, which is drawn again. */
export const truncatedNormal =
  (std: number): Initialiser =>
  (values, _fans, rng) => {
    for (let i = 0; i < values.length; i++) {
      let z = rng.normal();
      while (Math.abs(z) > 2) z = rng.normal();
      values[i] = z * std;
    }
  };

/** He (arXiv:1502.01852): std `sqrt(2 / fan)`, keeps the scale through ReLU; `fan` forward (`in`) or backward (`out`). */
export const heNormal =
  (fan: keyof Fans = 'in'): Initialiser =>
  (values, fans, rng) =>
    normal(Math.sqrt(2 / fans[fan]))(values, fans, rng);

/** Xavier (Glorot and Bengio 2010): std `gain * sqrt(2 / (in + out))`. */
export const xavierNormal =
  (gain = 1): Initialiser =>
  (values, fans, rng) =>
    normal(gain * Math.sqrt(2 / (fans.in + fans.out)))(values, fans, rng);

/** LeCun (1998): std `sqrt(1 / in)`, keeps the scale through a linear layer. */
export const lecunNormal = (): Initialiser => (values, fans, rng) => normal(Math.sqrt(1 / fans.in))(values, fans, rng);

/** Uniform within `1 / sqrt(in)`: what PyTorch gives linear layers. */
export const fanInUniform = (): Initialiser => (values, fans, rng) =>
  uniform(1 / Math.sqrt(fans.in))(values, fans, rng);
