/** Inner width of squeeze-and-excitation on `channels`: a quarter, ties to even, at least one. */
export function squeezedWidth(channels: number): number {
  const quarter = channels / 4;
  const below = Math.floor(quarter);
  const up = quarter - below > 0.5 || (quarter - below === 0.5 && below % 2 === 1);
  return Math.max(1, up ? below + 1 : below);
}
