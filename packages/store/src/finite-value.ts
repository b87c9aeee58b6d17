/** A value that has a place on a chart, as SQL. */
export const isFiniteValue = (column: string): string => `${column} not in ('NaN', 'Infinity', '-Infinity')`;
