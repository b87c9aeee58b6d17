import type { ParseArgsConfig } from 'node:util';
import type { CrucibleClient } from '@crucible/client';
import type { ExitCode } from './exit-code.ts';

export interface VerbContext {
  client: CrucibleClient;
  /** `--json`: print the API's own documents */
  json: boolean;
  /** writes one line to the standard output */
  print(line: string): void;
  /** writes one line to the standard error: what is not the answer itself */
  note(line: string): void;
}

/** Values of a verb's options: text, a flag, or a list where the option may be repeated. */
export type OptionValues = Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>;

/** One word of the command line. */
export interface Verb {
  /** arguments after the verb, as the help writes them */
  usage: string;
  summary: string;
  /** lines of help on the options; `--json` and `--help` are understood by every verb */
  help: readonly string[];
  options: NonNullable<ParseArgsConfig['options']>;
  /** how many arguments it takes at least and at most */
  arity: readonly [number, number];
  run(context: VerbContext, args: readonly string[], values: OptionValues): Promise<ExitCode>;
}

/** The text of an option, undefined if it was not given. */
export const textOf = (values: OptionValues, name: string): string | undefined => {
  const value = values[name];
  return typeof value === 'string' ? value : undefined;
};

/** Every text of an option that may be repeated. */
export const textsOf = (values: OptionValues, name: string): string[] => {
  const value = values[name];
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
};
