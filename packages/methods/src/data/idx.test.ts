import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { DataError } from '../method.ts';
import { parseIdx, readIdx } from './idx.ts';

const idx = (shape: number[], data: number[], type = 8): Uint8Array =>
  Uint8Array.from([0, 0, type, shape.length, ...shape.flatMap((size) => [0, 0, size >> 8, size & 255]), ...data]);

describe('parseIdx', () => {
  it('gives shape and elements', () => {
    const { shape, data } = parseIdx(idx([2, 1, 3], [1, 2, 3, 4, 5, 6]), 'a');
    assert.deepEqual(shape, [2, 1, 3]);
    assert.deepEqual([...data], [1, 2, 3, 4, 5, 6]);
  });

  for (const [what, bytes, message] of [
    ['a wrong magic', Uint8Array.of(1, 0, 8, 1), /img is not an IDX file/],
    ['floats', idx([1], [0, 0, 0, 0], 0x0d), /type 0xd; only 0x08/],
    ['a cut header', idx([2, 3], []).subarray(0, 9), /ends inside its IDX header of rank 2/],
    ['missing elements', idx([2, 3], [1, 2, 3]), /holds 3 elements, its header promises 2 x 3 = 6/],
    ['elements too many', idx([2], [1, 2, 3]), /holds 3 elements/],
  ] as const)
    it(`refuses ${what} and names the file`, () =>
      assert.throws(
        () => parseIdx(bytes, 'img'),
        (error) => error instanceof DataError && message.test(error.message),
      ));
});

describe('readIdx', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'idx-'));
  });
  after(() => rm(folder, { recursive: true }));

  it('takes the packed file where the plain one is absent', async () => {
    await writeFile(join(folder, 'labels.gz'), gzipSync(idx([2], [7, 9])));
    assert.deepEqual([...(await readIdx(join(folder, 'labels'))).data], [7, 9]);
  });

  it('names a missing file and what to do', () =>
    assert.rejects(readIdx(join(folder, 'none')), /none is missing, and so is .*none\.gz\. Put the file there/));

  it('names a file whose gzip stream is cut', async () => {
    await writeFile(join(folder, 'cut.gz'), gzipSync(idx([400], new Array(400).fill(3))).subarray(0, 20));
    await assert.rejects(readIdx(join(folder, 'cut')), /cut\.gz is a damaged gzip file/);
  });
});
