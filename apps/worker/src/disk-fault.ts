/** Says that a file or folder cannot be written, and what to do when its disk is full. */
export function diskFault(path: string, cause: unknown): string {
  const { code, message } = cause as NodeJS.ErrnoException;
  const isFull = code === 'ENOSPC' || code === 'EDQUOT';
  const remedy = isFull
    ? ' The disk is full: free some of it, or set CRUCIBLE_STATE_DIR to a folder on a larger one.'
    : '';
  return `${path} cannot be written: ${message}.${remedy}`;
}
