/** Largest share of a scoring that may lie outside the two forward passes. */
const MAX_OVERHEAD = 0.25;
/** Least ratio of the released code's time to ours, for one scoring in float32 and for one iteration of the search. */
const MIN_SCORE_RATIO = 2;
const MIN_SEARCH_RATIO = 10;
/** Least rank correlation of scores in bf16 with those in float32, from which on bf16 counts. */
const MIN_TAU = 0.98;

/** Results by name, as `cifar-1M.b16` in float32 and `cifar-1M.b16.bf16`. */
export interface Results {
  /** share of the time outside the forward passes */
  readonly overhead: Readonly<Record<string, number>>;
  /** of the released code's time to ours; empty without it */
  readonly scoreRatio: Readonly<Record<string, number>>;
  readonly searchRatio: Readonly<Record<string, number>>;
  /** null where the CPU has no bf16 */
  readonly tau: number | null;
}

const isNarrow = (name: string): boolean => name.endsWith('.bf16');

/** Names what was measured and misses its target. A search may be faster in bf16, if that ranks as float32 does. */
export function missedTargets({ overhead, scoreRatio, searchRatio, tau }: Results): string[] {
  const inFull = (values: Readonly<Record<string, number>>): [string, number][] =>
    Object.entries(values).filter(([name]) => !isNarrow(name));
  const searchMisses = inFull(searchRatio).flatMap(([name, ratio]) => {
    const narrow = tau !== null && tau >= MIN_TAU ? (searchRatio[`${name}.bf16`] ?? 0) : 0;
    const best = Math.max(ratio, narrow);
    return best < MIN_SEARCH_RATIO ? [`${name} search ratio ${best} < ${MIN_SEARCH_RATIO}`] : [];
  });
  return [
    ...inFull(overhead)
      .filter(([, share]) => share > MAX_OVERHEAD)
      .map(([name, share]) => `${name} outside the forward passes ${share} > ${MAX_OVERHEAD}`),
    ...inFull(scoreRatio)
      .filter(([, ratio]) => ratio < MIN_SCORE_RATIO)
      .map(([name, ratio]) => `${name} score ratio ${ratio} < ${MIN_SCORE_RATIO}`),
    ...searchMisses,
    ...(tau === null || tau >= MIN_TAU ? [] : [`bf16 ranks with tau ${tau} < ${MIN_TAU}`]),
  ];
}
