/**
 * Multiple of 8 nearest to `x`, at least 8; ties go to the even multiple, as in the released code:
 * 12 becomes 16, and 20 becomes 16 too.
 */
export function round8(x: number): number {
  const eighths = x / 8;
  const below = Math.floor(eighths);
  const fraction = eighths - below;
  const rounded = fraction > 0.5 || (fraction === 0.5 && below % 2 === 1) ? below + 1 : below;
  return Math.max(8, 8 * rounded);
}
