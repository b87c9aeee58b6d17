import { type Matrix, timesTransposed } from './matrix.ts';

/** A kernel function with its parameters. `width`: mean squared distance scale of `rbf`, of the space that it is used in. */
export type KernelFunction =
  | { kind: 'linear' }
  | { kind: 'polynomial'; degree: number; offset: number }
  | { kind: 'rbf'; width: number };

/** Kernel values of all pairs of rows, `[a.rows, b.rows]`. */
export function kernelMatrix(kernel: KernelFunction, a: Matrix, b: Matrix): Matrix {
  const products = timesTransposed(a, b);
  switch (kernel.kind) {
    case 'linear':
      return products;
    case 'polynomial':
      return {
        ...products,
        data: products.data.map((product) => (kernel.offset + product / a.columns) ** kernel.degree),
      };
    case 'rbf': {
      const [ofA, ofB] = [rowSquares(a), rowSquares(b)];
      const { data, columns } = products;
      return {
        ...products,
        data: data.map((product, i) => {
          const squares = (ofA[Math.floor(i / columns)] as number) + (ofB[i % columns] as number);
          return Math.exp(-Math.max(0, squares - 2 * product) / kernel.width);
        }),
      };
    }
  }
}

/** Sum of squares of each row. */
export const rowSquares = ({ rows, columns, data }: Matrix): Float64Array =>
  Float64Array.from({ length: rows }, (_, i) => {
    let sum = 0;
    for (let k = 0; k < columns; k++) sum += (data[i * columns + k] as number) ** 2;
    return sum;
  });

/** Median squared distance between different rows; 1 if that is zero, so that a kernel can be made of it. */
export function medianSquaredDistance(points: Matrix): number {
  const squares = rowSquares(points);
  const products = timesTransposed(points, points);
  const distances: number[] = [];
  for (let i = 0; i < points.rows; i++)
    for (let j = 0; j < i; j++)
      distances.push(
        Math.max(
          0,
          (squares[i] as number) + (squares[j] as number) - 2 * (products.data[i * points.rows + j] as number),
        ),
      );
  distances.sort((x, y) => x - y);
  const median = distances[Math.floor(distances.length / 2)] ?? 0;
  return median > 0 ? median : 1;
}
