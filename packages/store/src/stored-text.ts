/** Half of a surrogate pair, which UTF-8 cannot hold. */
const LONE_SURROGATE = /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g;
const NUL = '\0';
const REPLACEMENT = '\uFFFD';

/** `text` as Postgres can hold it: NUL and lone surrogates become U+FFFD. */
export const storableText = (text: string): string =>
  text.replaceAll(NUL, REPLACEMENT).replace(LONE_SURROGATE, REPLACEMENT);

/** JSON text of `value` for a `json` or `jsonb` column; null for null and undefined, which are stored as SQL null. */
export const storableJson = (value: unknown): string | null =>
  value === null || value === undefined ? null : requiredJson(value);

/** JSON text of `value`; null becomes JSON's null. */
export const requiredJson = (value: unknown): string =>
  JSON.stringify(value ?? null, (_key, part: unknown) => {
    if (typeof part === 'string') return storableText(part);
    if (part === null || typeof part !== 'object' || Array.isArray(part)) return part;
    return Object.keys(part).every((name) => storableText(name) === name)
      ? part
      : Object.fromEntries(Object.entries(part).map(([name, inner]) => [storableText(name), inner]));
  });
