const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * `patch` laid over `base`: objects merge key by key, everything else is replaced, and so is an object of another `kind`,
 * whose keys mean nothing to the new one. No patch leaves `base` as it is.
 */
export function mergeConfig(base: unknown, patch: unknown): unknown {
  if (patch === undefined || patch === null) return base;
  return layered(base, patch);
}

function layered(base: unknown, patch: unknown): unknown {
  if (!isObject(base) || !isObject(patch)) return patch;
  if (base.kind !== undefined && patch.kind !== undefined && base.kind !== patch.kind) return patch;
  const merged: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(patch)) merged[key] = layered(base[key], value);
  return merged;
}
