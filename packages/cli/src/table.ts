/** Rows under their heads in columns of equal width; columns of numbers are flush right. */
export function table(heads: readonly string[], rows: readonly (readonly (string | number)[])[]): string[] {
  const isNumeric = heads.map(
    (_head, column) => rows.length > 0 && rows.every((row) => typeof row[column] === 'number'),
  );
  const lines = [heads.map((head) => head.toUpperCase()), ...rows.map((row) => row.map(String))];
  const widths = heads.map((_head, column) => Math.max(...lines.map((line) => (line[column] ?? '').length)));
  return lines.map((line) =>
    line
      .map((cell, column) =>
        isNumeric[column] ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  );
}
