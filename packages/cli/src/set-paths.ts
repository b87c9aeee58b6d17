import { UsageError } from './exit-code.ts';

/**
 * The config that a list of `a.b=value` writes. A value that reads as JSON is taken so (`1e-3`, `true`, `null`,
 * `"5"`), any other as text.
 *
 * @throws UsageError for an entry without `=`, or one that sets a key inside a value set before
 */
export function configOfSets(sets: readonly string[]): Record<string, unknown> {
  const config: Record<string, unknown> = {};
  for (const set of sets) {
    const sign = set.indexOf('=');
    const keys = set.slice(0, sign).split('.');
    const last = keys.pop();
    if (sign < 1 || last === undefined || [...keys, last].some((key) => key === ''))
      throw new UsageError(`--set takes key.of.the.config=value, not "${set}".`);
    let group = config;
    for (const key of keys) {
      const inner = Object.hasOwn(group, key) ? group[key] : {};
      if (!isRecord(inner)) throw new UsageError(`--set ${set}: "${key}" already has a value of its own.`);
      define(group, key, inner);
      group = inner;
    }
    define(group, last, valueOfText(set.slice(sign + 1)));
  }
  return config;
}

/** `over` laid over `under`, key by key. */
export function layered(under: Record<string, unknown>, over: Record<string, unknown>): Record<string, unknown> {
  const merged: Record<string, unknown> = { ...under };
  for (const [key, value] of Object.entries(over)) {
    const below = Object.hasOwn(merged, key) ? merged[key] : undefined;
    define(merged, key, isRecord(below) && isRecord(value) ? layered(below, value) : value);
  }
  return merged;
}

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Sets a key as data even if it is called `__proto__`. */
const define = (target: Record<string, unknown>, key: string, value: unknown): void => {
  Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
};

const valueOfText = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
};
