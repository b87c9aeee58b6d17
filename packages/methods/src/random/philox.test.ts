import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { philox4x32 } from './philox.ts';

const block = (counter: readonly number[], key: readonly number[]): string => {
  const out = new Uint32Array(4);
  philox4x32(out, Uint32Array.of(...counter, ...key));
  return [...out].map((word) => word.toString(16).padStart(8, '0')).join(' ');
};

/** Known-answer vectors of the Random123 distribution (`kat_vectors`, philox4x32 with 10 rounds). */
const KNOWN_ANSWERS = [
  { counter: [0, 0, 0, 0], key: [0, 0], words: '6627e8d5 e169c58d bc57ac4c 9b00dbd8' },
  {
    counter: [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
    key: [0xffffffff, 0xffffffff],
    words: '408f276d 41c83b0e a20bc7c6 6d5451fd',
  },
  {
    counter: [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
    key: [0xa4093822, 0x299f31d0],
    words: 'd16cfe09 94fdcceb 5001e420 24126ea1',
  },
];

describe('philox4x32', () => {
  for (const { counter, key, words } of KNOWN_ANSWERS)
    it(`gives the known answer ${words}`, () => assert.equal(block(counter, key), words));
});
