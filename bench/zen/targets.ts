/** Largest share of a scoring that may lie outside the two forward passes. */
const MAX_OVERHEAD = 0.25;
/** Least ratio of the released code's time to ours, for one scoring and for one iteration of the search. */
const MIN_SCORE_RATIO = 2;
const MIN_SEARCH_RATIO = 10;
/** Least rank correlation of scores in reduced precision with those in float32. */
const MIN_TAU = 0.98;

/** Results by name, as `cifar-1M.b16`. */
export interface Results {
  /** share of the time outside the forward passes */
  readonly overhead: Readonly<Record<string, number>>;
  /** of the released code's time to ours; empty without it */
  readonly scoreRatio: Readonly<Record<string, number>>;
  readonly searchRatio: Readonly<Record<string, number>>;
  /** null where the CPU has no reduced precision */
  readonly tau: number | null;
}

/** Names what was measured and misses its target. */
export function missedTargets({ overhead, scoreRatio, searchRatio, tau }: Results): string[] {
  const below = (what: string, ratios: Readonly<Record<string, number>>, least: number): string[] =>
    Object.entries(ratios)
      .filter(([, ratio]) => ratio < least)
      .map(([name, ratio]) => `${name} ${what} ${ratio} < ${least}`);
  return [
    ...Object.entries(overhead)
      .filter(([, share]) => share > MAX_OVERHEAD)
      .map(([name, share]) => `${name} outside the forward passes ${share} > ${MAX_OVERHEAD}`),
    ...below('score ratio', scoreRatio, MIN_SCORE_RATIO),
    ...below('search ratio', searchRatio, MIN_SEARCH_RATIO),
    ...(tau === null || tau >= MIN_TAU ? [] : [`bf16 ranks with tau ${tau} < ${MIN_TAU}`]),
  ];
}
