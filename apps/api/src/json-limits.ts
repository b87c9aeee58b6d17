import type { Fault } from '@crucible/contracts';

/** Objects and lists that may be nested in a body. */
export const MAX_JSON_DEPTH = 20;

/** NUL, or half of a surrogate pair: neither can be stored as text in Postgres. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the control character is what is looked for
const UNSTORABLE = /\u0000|\p{Surrogate}/u;

const escapePointer = (key: string): string => key.replaceAll('~', '~0').replaceAll('/', '~1');

/**
 * What no document may hold, whatever its schema says: too deep nesting, text that cannot be stored, and the key
 * `__proto__`, which would change an object's prototype when configs are merged.
 */
export function limitFaults(document: unknown): Fault[] {
  const faults: Fault[] = [];
  const visit = (value: unknown, pointer: string, depth: number): void => {
    if (typeof value === 'string') {
      if (UNSTORABLE.test(value)) faults.push({ pointer, message: 'holds a character that cannot be stored' });
      return;
    }
    if (typeof value !== 'object' || value === null) return;
    if (depth > MAX_JSON_DEPTH) {
      faults.push({ pointer, message: `is nested deeper than ${MAX_JSON_DEPTH} levels` });
      return;
    }
    for (const [key, member] of Object.entries(value)) {
      const at = `${pointer}/${escapePointer(key)}`;
      if (key === '__proto__') faults.push({ pointer: at, message: 'is not a known key' });
      else if (UNSTORABLE.test(key)) faults.push({ pointer, message: 'has a key that cannot be stored' });
      else visit(member, at, depth + 1);
    }
  };
  visit(document, '', 1);
  return faults;
}
