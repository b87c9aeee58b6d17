/** A config, or a part of one: what the user set, without defaults. */
export type PartialConfig = Readonly<Record<string, unknown>>;

export const isConfig = (value: unknown): value is PartialConfig =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Value at `path`, undefined where nothing is set. */
export function valueAt(config: unknown, path: readonly string[]): unknown {
  let value = config;
  for (const key of path) {
    if (!isConfig(value)) return undefined;
    value = value[key];
  }
  return value;
}

/** A copy of `config` with `value` at `path`; undefined takes the value away, with groups that it leaves empty. */
export function withValueAt(config: PartialConfig, path: readonly string[], value: unknown): PartialConfig {
  const [key, ...rest] = path;
  if (key === undefined) return config;
  const { [key]: old, ...others } = config;
  if (rest.length === 0) return value === undefined ? others : { ...config, [key]: value };
  const group = withValueAt(isConfig(old) ? old : {}, rest, value);
  return Object.keys(group).length === 0 ? others : { ...config, [key]: group };
}

/** JSON pointer of `path` (RFC 6901). */
export const pointerOf = (path: readonly string[]): string =>
  path.map((key) => `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
