const grouped = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 3 });

/** Digits of a count in groups of three, parted by thin spaces. */
export const formatCount = (value: number): string => grouped.format(value).replaceAll(',', '\u202f');

/** A number with `digits` significant digits, in exponent form where plain digits would be unreadable. */
export function formatNumber(value: number, digits = 4): string {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (Number.isSafeInteger(value)) return formatCount(value);
  if (size < 1e-3 || size >= 1e7) return value.toExponential(Math.max(0, digits - 2));
  if (size >= 10 ** digits) return formatCount(value);
  return String(Number(value.toPrecision(digits)));
}

/** A number at an axis, where there is room for six characters: `250K`, `1.2M`. */
export const formatTick = (value: number): string =>
  Math.abs(value) >= 1e5 ? compact.format(value) : formatNumber(value);

/** A metric value in its unit: shares as percent, counts whole, everything else to four digits. */
export function formatValue(value: number, unit: string): string {
  if (!Number.isFinite(value)) return String(value);
  if (unit === 'fraction') return `${(value * 100).toFixed(2)} %`;
  if (unit === 'count') return formatCount(value);
  if (unit === '1/s') return `${formatNumber(value)} /s`;
  return unit === '' || unit === '1' ? formatNumber(value) : `${formatNumber(value)} ${unit}`;
}

/** What to write at an axis for a unit. */
export const unitLabel = (unit: string): string => (unit === 'fraction' ? '%' : unit === '1' ? '' : unit);
