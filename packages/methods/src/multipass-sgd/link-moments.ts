/**
 * @file Population risk of the generalised linear model in closed form. With Gaussian features u = <w, x> and
 * v = <w*, x> are jointly normal, and every moment of phi(z) = z + a sin z under a normal is elementary: Stein's identity
 * E[v g(u)] = Cov(u, v) E[g'(u)], and E cos z = exp(-Var z / 2).
 */

/** Second moments of u and v, and of their difference: that is taken apart, since it is small near the truth. */
export interface Moments {
  uu: number;
  vv: number;
  uv: number;
  /** E (u - v)^2 */
  gap: number;
}

/** Moments of <w, x> and <truth, x> for features with covariance diag(spectrum). */
export function momentsOf(spectrum: Float64Array, weights: Float64Array, at: number, truth: Float64Array): Moments {
  let [uu, vv, uv, gap] = [0, 0, 0, 0];
  for (let j = 0; j < spectrum.length; j++) {
    const eigenvalue = spectrum[j] as number;
    const w = weights[at + j] as number;
    const t = truth[j] as number;
    uu += eigenvalue * w * w;
    vv += eigenvalue * t * t;
    uv += eigenvalue * w * t;
    gap += eigenvalue * (w - t) * (w - t);
  }
  return { uu, vv, uv, gap };
}

/** E (phi(u) - phi(v))^2 / 2, the excess risk. */
export function linkExcess({ uu, vv, uv, gap }: Moments, a: number): number {
  if (a === 0) return gap / 2;
  // 2 a E (u - v)(sin u - sin v)
  const mixed = 2 * a * ((uu - uv) * Math.exp(-uu / 2) + (vv - uv) * Math.exp(-vv / 2));
  // a^2 E (sin u - sin v)^2
  const sines =
    (-Math.expm1(-2 * uu) - Math.expm1(-2 * vv)) / 2 - Math.exp(-gap / 2) + Math.exp(-(uu + vv + 2 * uv) / 2);
  return Math.max(0, (gap + mixed + a * a * sines) / 2); // rounding may leave -1e-17 at the truth
}

/**
 * Coefficients of the gradient of the excess risk, which is diag(spectrum) (onWeights w + onTruth w*): the expectations of
 * the derivatives of (phi(u) - phi(v)) phi'(u) in u and in v.
 */
export function linkGradient({ uu, vv, uv, gap }: Moments, a: number): { onWeights: number; onTruth: number } {
  if (a === 0) return { onWeights: 1, onTruth: -1 };
  const cosU = Math.exp(-uu / 2);
  const cosV = Math.exp(-vv / 2);
  const cosGap = Math.exp(-gap / 2);
  const cosSum = Math.exp(-(uu + vv + 2 * uv) / 2);
  const slopes = 1 + 2 * a * cosU + (a * a * (1 + Math.exp(-2 * uu))) / 2; // E phi'(u)^2
  const curved = -a * (uu - uv) * cosU + (a * a * (Math.expm1(-2 * uu) + cosGap - cosSum)) / 2; // E (phi(u) - phi(v)) phi''(u)
  return { onWeights: slopes + curved, onTruth: -(1 + a * (cosU + cosV) + (a * a * (cosGap + cosSum)) / 2) };
}
