/**
 * Kendall's rank correlation of two equally long lists, tau-b: +1 for the same order, -1 for the opposite one. Pairs that
 * are tied in one list count for neither and shrink the denominator.
 *
 * @returns NaN if one of the lists has no two different values
 */
export function kendallTau(a: readonly number[], b: readonly number[]): number {
  if (a.length !== b.length) throw new RangeError(`${a.length} values cannot be ranked against ${b.length}`);
  let [agreeing, untiedA, untiedB] = [0, 0, 0];
  for (let i = 0; i < a.length; i++)
    for (let j = 0; j < i; j++) {
      const signA = Math.sign((a[i] as number) - (a[j] as number));
      const signB = Math.sign((b[i] as number) - (b[j] as number));
      agreeing += signA * signB;
      untiedA += Math.abs(signA);
      untiedB += Math.abs(signB);
    }
  return agreeing / Math.sqrt(untiedA * untiedB);
}
