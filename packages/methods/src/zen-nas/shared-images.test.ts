import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { parseStructure, superBlocks } from '@crucible/contracts';
import { loadEngine } from '@crucible/engine-native';
import * as tf from '@tensorflow/tfjs-core';
import { createRng } from '../random/create-rng.ts';
import { zenScore } from './score.ts';
import { type ImagePair, streamSource } from './score-source.ts';
import { sharedImages } from './shared-images.ts';

const SHAPE = [2, 8, 8, 3] as const;
const rng = (name: string) => createRng(5, name);

const valuesOf = async ({ clean, changed }: ImagePair) => {
  const values = { clean: Array.from(await clean.data()), changed: Array.from(await changed.data()) };
  tf.dispose([clean, changed]);
  return values;
};

describe('sharedImages', () => {
  before(() => loadEngine({ engine: 'onednn', threads: 1 }));

  for (const backend of ['onednn', 'cpu'] as const)
    it(`gives a repeat the same images again, whatever was done with them, on ${backend}`, async () => {
      await tf.setBackend(backend);
      const tensors = tf.memory().numTensors;
      const images = sharedImages(rng);
      const first = await valuesOf(await images(0, SHAPE, 0.01));
      const blocks = superBlocks(parseStructure('SuperConvK1BNRELU(3,8,1,1)SuperResK3K3(8,8,2,8,1)'));
      const options = { mode: 'paper', alpha: 0.01, batchSize: 2, resolution: 8 } as const;
      const scoreOf = async (repeat: number) =>
        (
          await zenScore(
            blocks,
            options,
            streamSource(rng, (shape, alpha) => images(repeat, shape, alpha)),
          )
        ).score;
      const [score, other] = [await scoreOf(0), await scoreOf(1)];
      assert.notEqual(score, other, 'another repeat has other images');
      assert.equal(await scoreOf(0), score);
      assert.deepEqual(await valuesOf(await images(0, SHAPE, 0.01)), first);
      assert.deepEqual(await valuesOf(await sharedImages(rng)(0, SHAPE, 0.01)), first);
      assert.equal(tf.memory().numTensors, tensors);
    });

  it('changes the clean images by alpha times standard normals', async () => {
    const { clean, changed } = await valuesOf(await sharedImages(rng)(0, [8, 16, 16, 3], 0.5));
    const steps = clean.map((value, i) => ((changed[i] ?? 0) - value) / 0.5);
    const variance = steps.reduce((sum, step) => sum + step ** 2, 0) / steps.length;
    assert.ok(Math.abs(variance - 1) < 0.06, `${variance}`);
  });

  it('draws again what it could not keep, the same', async () => {
    await tf.setBackend('onednn');
    const images = sharedImages(rng);
    const large = [128, 224, 224, 1] as const; // two of these pairs are more than it keeps
    const first = await images(0, large, 0.01);
    const sum = await tf.sum(first.clean).data();
    tf.dispose([first.clean, first.changed]);
    const second = await images(1, large, 0.01);
    tf.dispose([second.clean, second.changed]);
    const again = await images(0, large, 0.01);
    assert.deepEqual(await tf.sum(again.clean).data(), sum);
    tf.dispose([again.clean, again.changed]);
  });
});
