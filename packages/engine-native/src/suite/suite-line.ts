import type { Part } from './compute-case.ts';

/** What the program of the suite says, one line of JSON each. */
export type SuiteLine =
  | {
      readonly kind: 'done';
      readonly name: string;
      readonly part: Part;
      /** Infinite if shapes differ or only one side is NaN. */
      readonly error: number | 'infinite';
      readonly allowed: number;
      readonly leaks: readonly string[];
    }
  | { readonly kind: 'failed'; readonly name: string; readonly part: Part; readonly message: string }
  | { readonly kind: 'skipped'; readonly name: string; readonly part: Part; readonly reason: string }
  /** All cases are done; the hash is over every number that the engine computed. */
  | { readonly kind: 'end'; readonly device: string; readonly sha256: string };
