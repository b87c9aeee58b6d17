import { UsageError } from './exit-code.ts';
import { type OptionValues, textOf } from './verb.ts';

/** The number of an option, undefined if it was not given. @throws UsageError when it is no number */
export function numberOf(values: OptionValues, name: string): number | undefined {
  const text = textOf(values, name);
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() === '' || Number.isNaN(value)) throw new UsageError(`--${name} takes a number, not "${text}".`);
  return value;
}
