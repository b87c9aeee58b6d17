/** Values that have broken services before. */
export const HOSTILE: readonly unknown[] = [
  null,
  true,
  '',
  'x',
  'x'.repeat(5000),
  '\u0000',
  '\ud800',
  '\u202e',
  "'; drop table job; --",
  '{{7*7}}',
  0,
  -0,
  -1,
  1.5,
  1e308,
  2 ** 53,
  -(2 ** 63),
  [],
  [[]],
  {},
  { $ref: '#/x' },
  { constructor: { prototype: { polluted: true } } },
  'NaN',
  '2030-02-30T25:61:61Z',
];

type Draw = (below: number) => number;

/** One of `items`, by the draws of a seed. */
export const oneOf = <T>(draw: Draw, items: readonly T[]): T => items[draw(items.length)] as T;

/** Changes one place of a document: replaces, removes or adds a value, or goes one level deeper. */
export function mutate(node: unknown, draw: Draw, keys: readonly string[]): unknown {
  if (typeof node !== 'object' || node === null || draw(6) === 0) return oneOf(draw, HOSTILE);
  const entries = Object.entries(node);
  const at = entries.length === 0 ? undefined : oneOf(draw, entries)[0];
  const deeper = (key: string, value: unknown): unknown => (key === at ? mutate(value, draw, keys) : value);
  if (Array.isArray(node)) return entries.map(([key, value]) => deeper(key, value));
  switch (draw(4)) {
    case 0:
      return Object.fromEntries(entries.filter(([key]) => key !== at));
    case 1:
      return { ...node, [oneOf(draw, [...keys, ...HOSTILE.map(String)])]: oneOf(draw, HOSTILE) };
    default:
      return Object.fromEntries(entries.map(([key, value]) => [key, deeper(key, value)]));
  }
}

/** The text of a body: nearly always JSON, sometimes cut or with numbers that JSON allows and doubles do not. */
export function hostileText(body: unknown, draw: Draw): string {
  const text = JSON.stringify(body) ?? '';
  if (draw(20) === 0) return text.slice(0, draw(text.length + 1));
  if (draw(20) === 0) return text.replace(/\d+/, '1e999');
  return text;
}
