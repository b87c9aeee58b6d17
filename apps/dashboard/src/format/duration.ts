const pad = (value: number): string => String(value).padStart(2, '0');

/** A span in at most two units: `0.4 s`, `12 s`, `4 m 05 s`, `3 h 12 m`, `2 d 04 h`. */
export function formatDuration(ms: number): string {
  const seconds = Math.max(0, ms) / 1000;
  if (seconds < 1) return `${seconds.toFixed(1)} s`;
  const whole = Math.floor(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} m ${pad(whole % 60)} s`;
  if (whole < 86_400) return `${Math.floor(whole / 3600)} h ${pad(Math.floor((whole % 3600) / 60))} m`;
  return `${Math.floor(whole / 86_400)} d ${pad(Math.floor((whole % 86_400) / 3600))} h`;
}

/** Milliseconds from one RFC 3339 time to another; `until` may also be milliseconds since 1970. */
export const between = (from: string, until: string | number): number =>
  (typeof until === 'number' ? until : Date.parse(until)) - Date.parse(from);
