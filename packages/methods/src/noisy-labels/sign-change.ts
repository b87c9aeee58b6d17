/**
 * The first place where a curve over rising `xs` goes from below zero to zero or above, by linear interpolation.
 *
 * @returns null if it never does; a curve that begins at or above zero does not
 */
export function signChange(xs: readonly number[], values: readonly number[]): number | null {
  for (let i = 1; i < xs.length; i++) {
    const [before, after] = [values[i - 1] as number, values[i] as number];
    if (before >= 0 || after < 0) continue;
    const [from, to] = [xs[i - 1] as number, xs[i] as number];
    return from + ((to - from) * -before) / (after - before);
  }
  return null;
}
