import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { loadEngine } from '@crucible/engine-native';
import { setBackend } from '@tensorflow/tfjs-core';
import { createRng } from './create-rng.ts';
import { drawNormals } from './draw-normals.ts';

describe('drawNormals', () => {
  before(() => loadEngine({ engine: 'onednn', threads: 2 }));

  for (const backend of ['onednn', 'cpu'] as const)
    it(`gives the numbers of the stream to the last bit on ${backend}, and leaves it where single draws would`, async () => {
      await setBackend(backend);
      for (const drawnBefore of [0, 1, 2, 5])
        for (const count of [0, 3, 4, 67, 300_000]) {
          const [plain, fast] = [createRng(4, 'draw'), createRng(4, 'draw')];
          for (let i = 0; i < drawnBefore; i++) assert.equal(plain.normal(), fast.normal());
          const expected = new Float32Array(count);
          plain.fillNormal(expected);
          assert.deepEqual(drawNormals(fast, count), expected);
          assert.deepEqual([fast.normal(), fast.uint32()], [plain.normal(), plain.uint32()]);
        }
    });
});
