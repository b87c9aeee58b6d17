import { createContext } from 'preact';
import type { PartialConfig } from './config-path.ts';

/** What every field of the form reads and writes. */
export interface FormState {
  /** what the user set */
  config: PartialConfig;
  /** what lies below it: a preset, or the config of the job that is forked */
  base: PartialConfig;
  /** message by JSON pointer into the config */
  faults: ReadonlyMap<string, string>;
  set(path: readonly string[], value: unknown): void;
}

export const FormContext = createContext<FormState>({ config: {}, base: {}, faults: new Map(), set: () => {} });
