const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** `patch` laid over `base`: objects merge key by key, everything else is replaced. No patch leaves `base` as it is. */
export function mergeConfig(base: unknown, patch: unknown): unknown {
  if (patch === undefined || patch === null) return base;
  return layered(base, patch);
}

function layered(base: unknown, patch: unknown): unknown {
  if (!isObject(base) || !isObject(patch)) return patch;
  const merged: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(patch)) merged[key] = layered(base[key], value);
  return merged;
}
