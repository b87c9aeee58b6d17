/** A value for a summary, which is JSON: null where it is missing, NaN or infinite. */
export const finiteOrNull = (value: number | undefined): number | null =>
  value !== undefined && Number.isFinite(value) ? value : null;
