import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { CHUNK_BYTES } from '@crucible/contracts';
import { hashChunks, piecesOf, readChunk } from './chunks.ts';

async function all(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array[]> {
  const found: Uint8Array[] = [];
  for await (const piece of pieces) found.push(piece);
  return found;
}

describe('chunks', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'chunks-'));
  });
  after(() => rm(folder, { recursive: true }));

  it('cut a file without gap or overlap and name each piece by its hash', async () => {
    const bytes = Uint8Array.from({ length: 2 * CHUNK_BYTES + 5 }, (_, at) => (at * 31 + (at >> 9)) & 255);
    const path = join(folder, 'tensor');
    await writeFile(path, bytes);
    const chunks = await hashChunks(path);
    assert.deepEqual(
      chunks.map(({ offset, length }) => [offset, length]),
      [
        [0, CHUNK_BYTES],
        [CHUNK_BYTES, CHUNK_BYTES],
        [2 * CHUNK_BYTES, 5],
      ],
    );
    const read = await Promise.all(chunks.map((place) => readChunk(place)));
    assert.ok(Buffer.concat(read).equals(bytes));
    for (const [at, piece] of read.entries())
      assert.equal(createHash('sha256').update(piece).digest('hex'), chunks[at]?.sha256);
    const pieces = await all(piecesOf(path));
    assert.ok(Buffer.concat(pieces).equals(bytes));
  });

  it('of an empty file are none', async () => {
    await writeFile(join(folder, 'empty'), '');
    assert.deepEqual(await hashChunks(join(folder, 'empty')), []);
    assert.deepEqual(await all(piecesOf(join(folder, 'empty'))), []);
  });
});
