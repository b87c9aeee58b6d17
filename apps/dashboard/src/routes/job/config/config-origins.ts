import { isConfig, valueAt } from '../../submit/form/config-path.ts';

/** One value of a resolved config and who set it. */
export interface ConfigEntry {
  /** keys joined by dots, as `--set` takes them */
  path: string;
  value: unknown;
  origin: 'submitted' | 'preset' | 'default';
}

/** Every value of a resolved config in order, each with its origin: submitted, else from the preset, else the default. */
export function configOrigins(resolved: unknown, submitted: unknown, preset: unknown): ConfigEntry[] {
  const entries: ConfigEntry[] = [];
  const walk = (value: unknown, path: string[]) => {
    if (isConfig(value) && Object.keys(value).length > 0) {
      for (const [key, inner] of Object.entries(value)) walk(inner, [...path, key]);
      return;
    }
    const isIn = (layer: unknown) => valueAt(layer, path) !== undefined;
    entries.push({
      path: path.join('.'),
      value,
      origin: isIn(submitted) ? 'submitted' : isIn(preset) ? 'preset' : 'default',
    });
  };
  walk(resolved, []);
  return entries;
}
