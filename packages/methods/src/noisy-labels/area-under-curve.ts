/**
 * Probability that a random value of `upper` is larger than one of `lower`, ties counted half: the area under the ROC
 * curve. Null if either is empty.
 */
export function areaUnderCurve(upper: readonly number[], lower: readonly number[]): number | null {
  if (upper.length === 0 || lower.length === 0) return null;
  const all = [
    ...upper.map((value) => ({ value, isUpper: true })),
    ...lower.map((value) => ({ value, isUpper: false })),
  ];
  all.sort((a, b) => a.value - b.value);
  let rankSum = 0;
  for (let from = 0; from < all.length; ) {
    let to = from;
    let uppers = 0;
    while (to < all.length && all[to]?.value === all[from]?.value) {
      if (all[to]?.isUpper) uppers += 1;
      to += 1;
    }
    rankSum += (uppers * (from + to + 1)) / 2; // ranks from 1, the mean one for ties
    from = to;
  }
  return (rankSum - (upper.length * (upper.length + 1)) / 2) / (upper.length * lower.length);
}
