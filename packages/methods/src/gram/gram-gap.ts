import { type Matrix, minus, squaredNorm, timesTransposed, transposedTimes } from './matrix.ts';

/** Up to this number of rows the Gram matrices themselves are taken: no digits are lost where they are nearly equal. */
const DIRECT_ROWS = 512;

/** `|A A^T - B B^T|_F` of two factors with the same number of rows. */
export function gramGap(a: Matrix, b: Matrix): number {
  if (a.rows <= DIRECT_ROWS) return Math.sqrt(squaredNorm(minus(timesTransposed(a, a), timesTransposed(b, b))));
  // traces of products of small matrices; exact up to half of the digits where the two are nearly equal
  const cross = squaredNorm(transposedTimes(a, b));
  return Math.sqrt(Math.max(0, gramSquares(a) + gramSquares(b) - 2 * cross));
}

const gramSquares = (factor: Matrix): number => squaredNorm(transposedTimes(factor, factor));

/** `|A A^T|_F`. */
export const gramNorm = (factor: Matrix): number => Math.sqrt(gramSquares(factor));
