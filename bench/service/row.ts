import type { Setting } from './setting.ts';

/** One number that was measured against a bound. */
export interface Reading {
  /** such as `submit.p95Ms`; the unit is in the name */
  name: string;
  value: number;
  /** null: for comparison only */
  target: { atMost: number } | { atLeast: number } | null;
}

/** Something that cannot be measured here. */
export interface Skipped {
  name: string;
  reason: string;
}

/** Measures one row of the table of targets. */
export type Row = (setting: Setting) => Promise<(Reading | Skipped)[]>;

export const atMost = (name: string, value: number, bound: number): Reading => ({
  name,
  value,
  target: { atMost: bound },
});
export const atLeast = (name: string, value: number, bound: number): Reading => ({
  name,
  value,
  target: { atLeast: bound },
});

/** Whether the reading reaches its target. */
export const isMet = ({ value, target }: Reading): boolean =>
  target === null || ('atMost' in target ? value <= target.atMost : value >= target.atLeast);
