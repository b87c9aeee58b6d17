/**
 * How the curves of one chart are told apart: by colour (a CSS custom property, so that it follows the scheme) and by
 * dash, so that a chart can be read without colours. The order was chosen for the common kinds of colour blindness.
 */
const PENS = [
  { color: '--curve-1', dash: [] },
  { color: '--curve-2', dash: [7, 4] },
  { color: '--curve-3', dash: [2, 3] },
  { color: '--curve-4', dash: [10, 3, 2, 3] },
  { color: '--curve-5', dash: [4, 2] },
  { color: '--curve-6', dash: [12, 5] },
] as const;

export interface Pen {
  color: string;
  dash: readonly number[];
}

/** The pen of the curve at `index`; they repeat after the sixth. */
export const penOf = (index: number): Pen => PENS[index % PENS.length] ?? PENS[0];
