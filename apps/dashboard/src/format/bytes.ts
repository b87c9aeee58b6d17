const UNITS = ['KiB', 'MiB', 'GiB', 'TiB'] as const;

/** A size in bytes to three digits: `812 B`, `1.21 MiB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  let value = bytes / 1024;
  let unit = 0;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${value.toPrecision(3)} ${UNITS[unit]}`;
}
