const DOUBLE_BYTES = 8;

/**
 * SQL for many rows of numbers as one value: reading a row at a time costs ten times more than the numbers themselves.
 * Columns must not be null, and whole numbers must be exact as doubles.
 *
 * @param rows a query that gives the rows in their order
 */
export const packRows = (columns: readonly string[], rows: string): string =>
  `select string_agg(${columns.map((column) => `float8send(${column}::float8)`).join(' || ')}, ''::bytea) as packed
   from (${rows}) as packed_row`;

/** The numbers of all rows, row after row. @param packed null when there was no row */
export function unpackRows(packed: Buffer | null): Float64Array {
  if (packed === null) return new Float64Array();
  const numbers = new Float64Array(packed.length / DOUBLE_BYTES);
  for (let i = 0; i < numbers.length; i++) numbers[i] = packed.readDoubleBE(i * DOUBLE_BYTES);
  return numbers;
}
