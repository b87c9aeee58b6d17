import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { CHUNK_BYTES } from '@crucible/contracts';

/** Where the bytes of a chunk lie. */
export interface ChunkPlace {
  path: string;
  offset: number;
  length: number;
}

export interface HashedChunk extends ChunkPlace {
  sha256: string;
}

/** SHA-256 in lower-case hex, the name of a chunk. */
export const chunkName = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Cuts a file into chunks of at most CHUNK_BYTES and names each by its hash. An empty file has none. */
export async function hashChunks(path: string, chunkBytes = CHUNK_BYTES): Promise<HashedChunk[]> {
  const file = await open(path, 'r');
  try {
    const chunks: HashedChunk[] = [];
    const { size } = await file.stat();
    const room = new Uint8Array(Math.min(chunkBytes, size)); // for one chunk at a time: fresh ones would pile up as garbage
    for (let offset = 0; offset < size; offset += chunkBytes) {
      const length = Math.min(chunkBytes, size - offset);
      chunks.push({ path, offset, length, sha256: chunkName(await readAt(file, path, offset, length, room)) });
    }
    return chunks;
  } finally {
    await file.close();
  }
}

/**
 * The bytes of one chunk.
 *
 * @param room where to put them; the result is a part of it
 */
export async function readChunk(
  { path, offset, length }: ChunkPlace,
  room?: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array> {
  const file = await open(path, 'r');
  try {
    return await readAt(file, path, offset, length, room);
  } finally {
    await file.close();
  }
}

/** The bytes of a file, chunk by chunk. Opened when the first is asked for, so that an unused one holds nothing. */
export async function* piecesOf(path: string): AsyncGenerator<Uint8Array> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    for (let offset = 0; offset < size; offset += CHUNK_BYTES)
      yield await readAt(file, path, offset, Math.min(CHUNK_BYTES, size - offset));
  } finally {
    await file.close();
  }
}

async function readAt(
  file: FileHandle,
  path: string,
  offset: number,
  length: number,
  room: Uint8Array<ArrayBuffer> = new Uint8Array(length),
): Promise<Uint8Array> {
  const bytes = room.subarray(0, length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await file.read(bytes, filled, length - filled, offset + filled);
    if (bytesRead === 0) throw new Error(`${path} ended at byte ${offset + filled}`);
    filled += bytesRead;
  }
  return bytes;
}
