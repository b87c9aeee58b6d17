/**
 * @file A checkpoint in the safetensors format: eight bytes with the length of a JSON header, the header, and the bytes of
 * all tensors without gaps. It depends on the manifest alone, so that equal checkpoints are equal files.
 */
import { type CheckpointManifest, CrucibleError, type TensorDtype, type TensorEntry } from '@crucible/contracts';
import { canonicalJson } from './canonical-json.ts';

/** Names and sizes in bytes of an element. */
const DTYPES = {
  float64: { name: 'F64', size: 8 },
  float32: { name: 'F32', size: 4 },
  int32: { name: 'I32', size: 4 },
  uint8: { name: 'U8', size: 1 },
} as const satisfies Record<TensorDtype, { name: string; size: number }>;

/** The name that the format reserves for text about the file. */
const METADATA = '__metadata__';
const LENGTH_BYTES = 8;
/** Tensors begin at a multiple of this, so that a reader can map each of them in place. */
const ALIGNMENT = 8;

/** A piece of the file: known bytes, or a chunk that is read when it is its turn. */
type Piece = { size: number; bytes: Uint8Array } | { size: number; chunk: string };

/** A file that is laid out and not yet read. */
export interface SafetensorsFile {
  /** bytes in all */
  size: number;
  /** The bytes of a range, both ends included, verified, piece by piece. @throws `checkpoint-corrupt` as `read` */
  bytes(range: { first: number; last: number }): AsyncGenerator<Uint8Array>;
}

/**
 * Lays a checkpoint out as one file. Wider elements come first, as in the format's own writer: with no gaps between them,
 * every tensor is then aligned to its element.
 *
 * @param sizes bytes of each chunk, by hash
 * @param read the verified bytes of a chunk
 * @throws `checkpoint-corrupt` when a tensor has a name that the format cannot hold
 */
export function safetensorsOf(
  manifest: CheckpointManifest,
  sizes: ReadonlyMap<string, number>,
  read: (sha256: string) => Promise<Uint8Array>,
): SafetensorsFile {
  const tensors = manifest.tensors.toSorted((a, b) => DTYPES[b.dtype].size - DTYPES[a.dtype].size);
  const header = headerOf(manifest, tensors);
  const pieces: Piece[] = [
    { size: header.byteLength, bytes: header },
    ...tensors.flatMap(({ chunks }) => chunks.map((chunk) => ({ size: sizes.get(chunk) ?? 0, chunk }))),
  ];
  return {
    size: pieces.reduce((sum, piece) => sum + piece.size, 0),
    bytes: ({ first, last }) => slice(pieces, first, last + 1, read),
  };
}

/** Length and header, padded with spaces. */
function headerOf(manifest: CheckpointManifest, tensors: readonly TensorEntry[]): Uint8Array {
  const { method, step, state } = manifest;
  const entries: [string, unknown][] = [
    [METADATA, { format: 'crucible', method, step: String(step), state: canonicalJson(state) }],
  ];
  const names = new Set([METADATA]);
  let offset = 0;
  for (const { name, dtype, shape, bytes } of tensors) {
    if (names.has(name))
      throw new CrucibleError('checkpoint-corrupt', `Two tensors are named "${name}": no file can hold both.`);
    names.add(name);
    entries.push([name, { dtype: DTYPES[dtype].name, shape, data_offsets: [offset, offset + bytes] }]);
    offset += bytes;
  }
  // Written entry by entry: an object would sort names that look like numbers before the metadata.
  const text = `{${entries.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',')}}`;
  const json = Buffer.from(text);
  const length = Math.ceil(json.byteLength / ALIGNMENT) * ALIGNMENT;
  const header = Buffer.alloc(LENGTH_BYTES + length, ' ');
  header.writeBigUInt64LE(BigInt(length));
  json.copy(header, LENGTH_BYTES);
  return header;
}

/** Bytes from `start` up to `end` of the pieces in a row. Only the pieces that it meets are read. */
async function* slice(
  pieces: readonly Piece[],
  start: number,
  end: number,
  read: (sha256: string) => Promise<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  let at = 0;
  for (const piece of pieces) {
    const [from, to] = [Math.max(start - at, 0), Math.min(end - at, piece.size)];
    at += piece.size;
    if (from >= to) continue;
    const bytes = 'bytes' in piece ? piece.bytes : await read(piece.chunk);
    yield bytes.subarray(from, to);
  }
}
