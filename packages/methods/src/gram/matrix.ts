/** A matrix in double precision, by rows. */
export interface Matrix {
  rows: number;
  columns: number;
  data: Float64Array;
}

export const zeros = (rows: number, columns: number): Matrix => ({
  rows,
  columns,
  data: new Float64Array(rows * columns),
});

/** A matrix from values by rows. @throws RangeError if there are not `rows * columns` of them */
export function matrixOf(values: ArrayLike<number>, rows: number, columns: number): Matrix {
  if (values.length !== rows * columns)
    throw new RangeError(`${values.length} values do not make a matrix of ${rows} x ${columns}`);
  return { rows, columns, data: Float64Array.from(values) };
}

/** `A B^T`, `[a.rows, b.rows]`. */
export function timesTransposed(a: Matrix, b: Matrix): Matrix {
  const product = zeros(a.rows, b.rows);
  const inner = a.columns;
  for (let i = 0; i < a.rows; i++)
    for (let j = 0; j < b.rows; j++) {
      let sum = 0;
      for (let k = 0; k < inner; k++) sum += (a.data[i * inner + k] as number) * (b.data[j * inner + k] as number);
      product.data[i * b.rows + j] = sum;
    }
  return product;
}

/** `A^T B`, `[a.columns, b.columns]`. */
export function transposedTimes(a: Matrix, b: Matrix): Matrix {
  const product = zeros(a.columns, b.columns);
  const width = b.columns;
  for (let row = 0; row < a.rows; row++)
    for (let i = 0; i < a.columns; i++) {
      const factor = a.data[row * a.columns + i] as number;
      if (factor === 0) continue; // features behind a ReLU are often zero
      for (let j = 0; j < width; j++)
        product.data[i * width + j] =
          (product.data[i * width + j] as number) + factor * (b.data[row * width + j] as number);
    }
  return product;
}

/** Sum of all squares. */
export const squaredNorm = ({ data }: Matrix): number => data.reduce((sum, value) => sum + value * value, 0);

export const frobenius = (matrix: Matrix): number => Math.sqrt(squaredNorm(matrix));

/** `A - B`. */
export const minus = (a: Matrix, b: Matrix): Matrix => ({
  ...a,
  data: a.data.map((value, i) => value - (b.data[i] as number)),
});
