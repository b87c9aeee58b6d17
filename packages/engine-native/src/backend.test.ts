import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { Worker } from 'node:worker_threads';
import * as tf from '@tensorflow/tfjs-core';
import { ADDON_PATH } from './addon.ts';
import { engineMemory, trimEngineMemory } from './memory.ts';
import { resetSlowPath, slowPath } from './slow-path.ts';
import { errorAgainstCpu, startNative } from './testing/on-backend.ts';
import { TestRandom } from './testing/random-tensor.ts';
import { SmallNet } from './testing/small-net.ts';

describe('onednn backend', () => {
  before(() => startNative());

  it('trains like the plain cpu engine', async () => {
    const lossesOn = async (backend: string) => {
      await tf.setBackend(backend);
      const net = new SmallNet(2, { batch: 4, size: 8, channels: 8 });
      const losses = Array.from({ length: 3 }, () => net.step());
      net.dispose();
      return losses;
    };
    const expected = await lossesOn('cpu');
    const actual = await lossesOn('onednn');
    for (const [step, loss] of expected.entries()) {
      assert.ok(Math.abs(loss - (actual[step] ?? Number.NaN)) < 1e-3, `step ${step}: ${actual[step]}, cpu ${loss}`);
    }
    assert.ok((actual[2] ?? 0) < (actual[0] ?? 0), 'the loss falls');
  });

  it('keeps no tensor and no buffer after a step', async () => {
    await tf.setBackend('onednn');
    const before = engineMemory();
    const net = new SmallNet(3);
    net.step();
    net.step();
    const warm = engineMemory();
    for (let step = 0; step < 4; step += 1) net.step();
    const after = engineMemory();
    assert.equal(after.numTensors, warm.numTensors);
    assert.equal(after.lentBytes, warm.lentBytes);
    assert.equal(after.allocations, warm.allocations, 'a warm pool allocates nothing');
    net.dispose();
    const end = engineMemory();
    assert.equal(end.numTensors, before.numTensors);
    assert.equal(end.lentBytes, before.lentBytes);
    assert.ok(end.freeBytes > 0);
    trimEngineMemory();
    assert.equal(engineMemory().freeBytes, 0);
  });

  it('runs a training step without the plain path', async () => {
    await tf.setBackend('onednn');
    const net = new SmallNet(4);
    resetSlowPath();
    net.step();
    assert.deepEqual([...slowPath().keys()], []);
    net.dispose();
  });

  it('never reuses memory that a result of a plain kernel shares', async () => {
    await tf.setBackend('onednn');
    const source = tf.add(tf.zeros([4, 6]), 1) as tf.Tensor2D;
    // the plain Unpack returns views of its input
    const [first] = tf.unstack(source) as [tf.Tensor1D];
    source.dispose();
    const others = Array.from({ length: 4 }, () => tf.fill([4, 6], 7));
    assert.deepEqual([...first.dataSync()], [1, 1, 1, 1, 1, 1]);
    tf.dispose([first, others]);

    const variable = tf.tidy(() => tf.variable(tf.add(tf.zeros([8]), 2)));
    const view = tf.engine().runKernel(
      'StridedSlice',
      { x: variable },
      {
        begin: [0],
        end: [4],
        strides: [1],
        beginMask: 0,
        endMask: 0,
        ellipsisMask: 0,
        newAxisMask: 0,
        shrinkAxisMask: 0,
      },
    ) as tf.Tensor;
    variable.assign(tf.tidy(() => tf.add(variable, 1)));
    assert.deepEqual([...view.dataSync()], [2, 2, 2, 2]);
    tf.dispose([variable, view]);
  });

  it('does a convolution that oneDNN refuses on the plain path, with the same result', async () => {
    const random = new TestRandom(6);
    resetSlowPath();
    const error = await errorAgainstCpu(
      (x, filter) => tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, 1, 1),
      [random.array([1, 6, 7, 3]), random.array([3, 2, 3, 4])],
    );
    assert.ok(error < 1e-6);
    assert.equal(slowPath().get(tf.Conv2D), 1);
  });

  it('moves tensors between backends with their values', async () => {
    await tf.setBackend('onednn');
    const made = tf.add(tf.ones([5]), 1);
    await tf.setBackend('cpu');
    const moved = tf.add(made, 1);
    await tf.setBackend('onednn');
    assert.deepEqual([...tf.mul(moved, made).dataSync()], [6, 6, 6, 6, 6]);
    tf.disposeVariables();
    tf.dispose([made, moved]);
  });

  it('lets NaN through activations, maxima and pools', async () => {
    await tf.setBackend('onednn');
    tf.tidy(() => {
      const x = tf.tensor4d([1, Number.NaN, -1, 2], [1, 2, 2, 1]);
      const hasNaN = (tensor: tf.Tensor) => [...tensor.dataSync()].some(Number.isNaN);
      for (const result of [tf.relu(x), tf.relu6(x), tf.max(x), tf.maximum(x, 0), tf.maxPool(x, 2, 2, 'valid')]) {
        assert.ok(hasNaN(result));
      }
    });
  });

  it('refuses to be loaded by a second thread', async () => {
    const source = `
      const { parentPort, workerData } = require('node:worker_threads');
      try { require(workerData); parentPort.postMessage('loaded'); }
      catch (error) { parentPort.postMessage(error.message); }`;
    const worker = new Worker(source, { eval: true, workerData: ADDON_PATH });
    const message = await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
    await worker.terminate();
    assert.match(String(message), /loaded by another thread/);
  });
});
