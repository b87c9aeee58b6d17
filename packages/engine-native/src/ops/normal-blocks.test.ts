import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { startNative } from '../testing/on-backend.ts';
import { nativeNormalBlocks } from './normal-blocks.ts';

const TABLE_SIZE = 1024;
const tables = new Float64Array(5 * TABLE_SIZE);
for (let i = 0; i < TABLE_SIZE; i += 1) {
  const middle = 1 + (i + 0.5) / TABLE_SIZE;
  const angle = (2 * Math.PI * i) / TABLE_SIZE;
  [Math.cos(angle), Math.sin(angle), middle, 1 / middle, Math.log(middle)].forEach((value, table) => {
    tables[table * TABLE_SIZE + i] = value;
  });
}

const fill = (count: number, position: readonly number[]): Float32Array => {
  const out = new Float32Array(count);
  const native = nativeNormalBlocks();
  assert.ok(native !== undefined);
  native(out, Uint32Array.from(position), tables);
  return out;
};

/** Box-Muller as the textbook has it, from two words. */
const pairOf = (radiusWord: number, angleWord: number): [number, number] => {
  const radius = Math.sqrt(-2 * Math.log((radiusWord + 0.5) / 2 ** 32));
  const angle = (2 * Math.PI * angleWord) / 2 ** 32;
  return [radius * Math.cos(angle), radius * Math.sin(angle)];
};

describe('nativeNormalBlocks', () => {
  before(() => startNative());

  it('is what the onednn engine has and plain JavaScript lacks', async () => {
    await tf.setBackend('cpu');
    assert.equal(nativeNormalBlocks(), undefined);
    await tf.setBackend('onednn');
    assert.ok(nativeNormalBlocks() !== undefined);
  });

  it('makes normals of the published words of Philox4x32-10', () => {
    // known answers of the generator's authors, for counter and key of zeros, of ones, and of the digits of pi
    for (const [position, words] of [
      [
        [0, 0, 0, 0, 0, 0],
        [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
      ],
      [
        [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
        [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
      ],
      [
        [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0],
        [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
      ],
    ] as const) {
      const [a, b, c, d] = words;
      const expected = [...pairOf(a, b), ...pairOf(c, d)];
      for (const [at, value] of fill(4, position).entries())
        assert.ok(Math.abs(value - (expected[at] ?? Number.NaN)) < 1e-6, `${value} for ${expected[at]}`);
    }
  });

  it('gives the same numbers in one call and block by block, across the end of a counter word', () => {
    const from = 0xffffffff - 20;
    const whole = fill(4 * 50, [from, 3, 5, 7, 11, 13]);
    for (let block = 0; block < 50; block += 1) {
      const low = from + block;
      const position = [low >>> 0, low > 0xffffffff ? 4 : 3, 5, 7, 11, 13];
      assert.deepEqual([...fill(4, position)], [...whole.subarray(4 * block, 4 * block + 4)]);
    }
  });

  it('refuses a part of a block and short tables', () => {
    const native = nativeNormalBlocks();
    assert.throws(() => native?.(new Float32Array(6), new Uint32Array(6), tables), /whole number of blocks/);
    assert.throws(
      () => native?.(new Float32Array(8), new Uint32Array(6), tables.subarray(1)),
      /has 5119 elements, needs 5120/,
    );
  });
});
