/**
 * How far a sum of independent indicators strays from its mean with probability at most `risk`, by Bernstein's
 * inequality. It holds for any number of them, also where the normal law does not yet.
 *
 * @param variance of the sum
 */
export function allowedDeviation(variance: number, risk: number): number {
  const log = Math.log(2 / risk);
  return log / 3 + Math.sqrt((log / 3) ** 2 + 2 * log * variance);
}
