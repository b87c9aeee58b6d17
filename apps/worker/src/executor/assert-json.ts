/**
 * Checks that `value` survives JSON as it is: plain objects, arrays, strings, booleans, null and finite numbers.
 * Anything else would be silently changed on its way through the database, and the resumed attempt with it.
 *
 * @param at names the value in errors
 * @throws TypeError naming the first place that does not
 */
export function assertJson(value: unknown, at: string): void {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return;
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new TypeError(`${at} is ${value}, which JSON cannot hold`);
    return;
  }
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) assertJson(item, `${at}/${index}`);
    return;
  }
  const prototype = typeof value === 'object' ? Object.getPrototypeOf(value) : undefined;
  if (prototype !== Object.prototype && prototype !== null)
    throw new TypeError(`${at} is ${describe(value)}, which JSON cannot hold; use plain objects, arrays and numbers`);
  for (const [key, item] of Object.entries(value as object)) assertJson(item, `${at}/${key}`);
}

const describe = (value: unknown): string =>
  typeof value === 'object' ? `a ${value?.constructor?.name ?? 'special object'}` : typeof value;
