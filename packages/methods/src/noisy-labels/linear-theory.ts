/**
 * @file Errors of a linear classifier in closed form. Inputs are N(0, I_d), the clean label is the side of a plane
 * through zero, labels are flipped with probability `rate`, the loss is `(<w, x> - y)^2 / 2`. The loss is a quadratic,
 * so the phase transition over the noise rate can be computed.
 */

export interface LinearSetting {
  dimension: number;
  samples: number;
  stepSize: number;
  radius: number;
}

/** Mean of label times input along the plane's normal, and what is left of the label's variance. */
const signal = (rate: number): { s: number; v: number } => {
  const s = (1 - 2 * rate) * Math.sqrt(2 / Math.PI);
  return { s, v: 1 - s * s };
};

/** Share of inputs on the wrong side, of weights with these parts along and across the plane's normal. */
export const errorOfAngle = (across: number, along: number): number => Math.atan2(across, along) / Math.PI;

/** Error after one pass of SGD from N(0, R^2 / d I), each sample once. */
export function onePassError({ dimension: d, samples: n, stepSize, radius }: LinearSetting, rate: number): number {
  const { s, v } = signal(rate);
  const contraction = 1 - 2 * stepSize + stepSize ** 2 * (d + 2);
  const limit = (stepSize * d * v) / (2 - stepSize * (d + 2));
  const squaredDistance = contraction ** n * (s * s + radius ** 2 - limit) + limit;
  const forgotten = (1 - stepSize) ** n;
  const across = Math.sqrt(((d - 1) / d) * (squaredDistance - forgotten ** 2 * s * s));
  return errorOfAngle(across, s * (1 - forgotten));
}

/** Error of least squares on n > d + 1 samples. */
export function convergedError({ dimension: d, samples: n }: LinearSetting, rate: number): number {
  const { s, v } = signal(rate);
  return errorOfAngle(Math.sqrt((v * (d - 1)) / (n - d - 1)), s);
}

/**
 * The noise rate from which training to convergence is worse than one pass; null if one of the two is better at every
 * rate below a half.
 */
export function theoryThreshold(setting: LinearSetting): number | null {
  const difference = (rate: number): number => convergedError(setting, rate) - onePassError(setting, rate);
  let [low, high] = [0, 0.499];
  // the curve rises, then falls back to zero at a half: look for the last rate below the first one above zero
  const grid = Array.from({ length: 200 }, (_, i) => (i * high) / 199);
  const first = grid.findIndex((rate) => difference(rate) >= 0);
  if (first <= 0) return null;
  [low, high] = [grid[first - 1] as number, grid[first] as number];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (difference(middle) < 0) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
