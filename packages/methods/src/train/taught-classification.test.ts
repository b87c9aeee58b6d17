import '../testing/setup.ts';
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { mlp } from '../nn/mlp.ts';
import { createRng } from '../random/create-rng.ts';
import { syntheticDataset } from '../testing/synthetic-dataset.ts';
import { classification, type SoftTeacher } from './classification.ts';
import type { ViewBatch } from './objective.ts';

const DATASET = syntheticDataset({ resolution: 4, channels: 1, classes: 3, trainCount: 6, testCount: 3 });
const network = (seed: number) =>
  mlp({ hidden: [5] }, { input: DATASET, classes: 3, rng: (name) => createRng(seed, name) });
const BATCH: ViewBatch = {
  epoch: 0,
  views: [Float32Array.from(DATASET.train.images, (byte) => byte / 100 - 1)],
  viewSizes: [{ height: 4, width: 4 }],
  labels: DATASET.train.labels,
  samples: Int32Array.of(0, 1, 2, 3, 4, 5),
};

describe('classification with a teacher', () => {
  const [student, teacher] = [network(1), network(2)];
  const lossWith = (soft: SoftTeacher | null): number => {
    const mixing = { kind: 'mixup', alpha: 1 } as const;
    const rng = (name: string) => createRng(3, name);
    const objective = classification(student, DATASET, {
      augmentation: [],
      labelSmoothing: 0.1,
      mixing,
      teacher: soft,
      rng,
    });
    return tf.tidy(() => objective.loss(BATCH, 4).loss.dataSync()[0] as number);
  };

  it('blends the loss on the labels with the divergence from it, on the mixed images', () => {
    const model = { forward: (images: tf.Tensor4D) => teacher.forward(images, false) };
    const at = (weight: number) => lossWith({ model, weight, temperature: 2 });
    const [labels, alone] = [lossWith(null), at(1)];
    assert.equal(at(0), labels);
    assert.ok(Math.abs(at(0.3) - (0.7 * labels + 0.3 * alone)) < 1e-5);
    assert.ok(alone > 0 && Math.abs(lossWith({ model: student, weight: 1, temperature: 2 })) < 1e-6);
    student.dispose();
    teacher.dispose();
  });
});
