/** What a measured program is asked, one line of JSON each; it answers with one line. */
export type Request = ScoreRequest | SearchRequest | RankRequest;

/** One structure, scored with fresh draws `count` times. */
export interface ScoreRequest {
  readonly kind: 'score';
  readonly structure: string;
  readonly batchSize: number;
  readonly resolution: number;
  readonly count: number;
}

/** A search of the CIFAR space from an empty population, by Zen-score. */
export interface SearchRequest {
  readonly kind: 'search';
  /** parent while the population is small */
  readonly start: string;
  readonly batchSize: number;
  readonly resolution: number;
  readonly iterations: number;
  readonly seed: number;
  readonly params: number;
  readonly depth: number;
  readonly classes: number;
  readonly population: number;
}

/** Scores of many structures, one draw each. */
export interface RankRequest {
  readonly kind: 'rank';
  readonly structures: readonly string[];
  readonly batchSize: number;
  readonly resolution: number;
}

/** Milliseconds per candidate; of CPU time but for the first. */
export interface ScoreTimes {
  /** from the structure string to the score, by the clock on the wall */
  readonly wall: number;
  readonly cpu: number;
  /** from the string to the list of layers, or the network */
  readonly build: number;
  /** drawing weights and inputs; null where it cannot be told from the rest */
  readonly weights: number | null;
  /** the layers alone, with everything else ready; null as above */
  readonly forward: number | null;
}

export interface SearchTimes {
  /** by the clock on the wall */
  readonly seconds: number;
  readonly cpu: number;
  readonly scored: number;
  /** CPU seconds inside the scoring */
  readonly scoring: number;
}

export type Answer = { times: ScoreTimes } | { search: SearchTimes } | { scores: (number | null)[] };
