import type { EngineName } from '../engine-error.ts';

/** A part of the suite that one engine does not run, and why. */
export interface Exclusion {
  readonly engine: EngineName;
  /** Name of the case. */
  readonly name: string;
  /** `gradient`: its values are still compared. */
  readonly part: 'all' | 'gradient';
  readonly reason: string;
}

export const SKIP_LIST: readonly Exclusion[] = [
  { engine: 'webgpu', name: 'unique', part: 'all', reason: 'its backend 4.22 has no kernel Unique' },
];

/** The exclusion that holds for a part of a case on an engine. */
export const exclusionOf = (engine: EngineName, name: string, part: 'values' | 'gradient'): Exclusion | undefined =>
  SKIP_LIST.find(
    (entry) => entry.engine === engine && entry.name === name && (entry.part === 'all' || part === 'gradient'),
  );
