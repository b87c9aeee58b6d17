import { DataError } from '../method.ts';
import { readDataFile } from './data-file.ts';

/** An array of unsigned bytes in IDX form. */
export interface IdxArray {
  shape: readonly number[];
  /** row-major, `product(shape)` bytes */
  data: Uint8Array;
}

const UNSIGNED_BYTE = 0x08;

/**
 * Parses IDX: two zero bytes, element type, rank, one big-endian uint32 per dimension, then the elements.
 * Only unsigned bytes are read, the type of every published image set in this form.
 *
 * @param file names the source in errors
 * @throws DataError if the magic, the element type or the length is wrong
 */
export function parseIdx(bytes: Uint8Array, file: string): IdxArray {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 4 || view.getUint16(0) !== 0)
    throw new DataError(`${file} is not an IDX file: it must begin with two zero bytes. Check dataset.path.`);
  if (bytes[2] !== UNSIGNED_BYTE)
    throw new DataError(
      `${file} holds IDX elements of type 0x${view.getUint8(2).toString(16)}; only 0x08, unsigned bytes, is read.`,
    );
  const rank = view.getUint8(3);
  const headerBytes = 4 + 4 * rank;
  if (rank === 0 || bytes.length < headerBytes)
    throw new DataError(`${file} ends inside its IDX header of rank ${rank}. Fetch it again.`);
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));
  const elements = shape.reduce((product, size) => product * size, 1);
  if (bytes.length - headerBytes !== elements)
    throw new DataError(
      `${file} holds ${bytes.length - headerBytes} elements, its header promises ${shape.join(' x ')} = ${elements}. Fetch it again.`,
    );
  return { shape, data: bytes.subarray(headerBytes) };
}

/** Reads an IDX file, packed or not. @throws DataError */
export async function readIdx(path: string): Promise<IdxArray> {
  return parseIdx(await readDataFile(path), path);
}
