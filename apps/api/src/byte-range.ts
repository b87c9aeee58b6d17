/** Bytes of a representation, both ends included. */
export interface ByteRange {
  first: number;
  last: number;
}

const SINGLE = /^bytes=(?:(\d+)-(\d*)|-(\d+))$/i;

/**
 * What a `Range` header asks of `size` bytes (RFC 9110 section 14). `null`: everything, which is also the answer to
 * several ranges and to a header that is not understood; `unsatisfiable`: nothing of it is there.
 */
export function byteRangeOf(header: string | undefined, size: number): ByteRange | 'unsatisfiable' | null {
  const match = SINGLE.exec(header?.replaceAll(' ', '') ?? '');
  if (match === null) return null;
  const [, from, to, suffix] = match;
  if (suffix !== undefined) {
    const length = Math.min(Number(suffix), size);
    return length === 0 ? 'unsatisfiable' : { first: size - length, last: size - 1 };
  }
  const first = Number(from);
  const last = to === '' ? size - 1 : Math.min(Number(to), size - 1);
  if (to !== '' && Number(to) < first) return null; // not a range at all
  return first >= size ? 'unsatisfiable' : { first, last };
}

/**
 * True when a range may be answered: there is no `If-Range`, or it names the very representation of `tag`. A weak tag
 * or a date never does, since neither says that the bytes are the same.
 */
export const isRangeOf = (ifRange: string | undefined, tag: string): boolean =>
  ifRange === undefined || ifRange.trim() === tag;
