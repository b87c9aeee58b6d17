import type { Rng } from '../random/rng.ts';

/**
 * Gamma(shape, 1) by Marsaglia and Tsang ("A simple method for generating gamma variables", 2000), with their boost for
 * shapes below 1.
 */
const gamma = (rng: Rng, shape: number): number => {
  if (shape < 1) return gamma(rng, shape + 1) * (1 - rng.uniform()) ** (1 / shape);
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = rng.normal();
    const v = (1 + c * x) ** 3;
    if (v > 0 && Math.log(1 - rng.uniform()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v;
  }
};

/** A draw from Beta(alpha, alpha). */
export function symmetricBeta(rng: Rng, alpha: number): number {
  const [a, b] = [gamma(rng, alpha), gamma(rng, alpha)];
  return a + b > 0 ? a / (a + b) : rng.below(2); // both underflow only where alpha is tiny: then all mass is at the ends
}
