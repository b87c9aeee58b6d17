import '../testing/setup.ts';
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type Architecture,
  type KernelDistillationConfig,
  type KernelDistillationSummary,
  METHODS,
  resolveConfig,
} from '@crucible/contracts';
import * as tf from '@tensorflow/tfjs-core';
import type { Dataset } from '../data/dataset.ts';
import { decodeSafetensors, encodeSafetensors } from '../data/safetensors.ts';
import { type Checkpoint, DataError, Stopped } from '../method.ts';
import { buildModel } from '../nn/build-model.ts';
import { createRng } from '../random/create-rng.ts';
import { createFakeContext } from '../testing/fake-context.ts';
import { syntheticDataset } from '../testing/synthetic-dataset.ts';
import { modelTensors } from '../train/save-training.ts';
import { kernelDistillation } from './run.ts';

const DATASET = syntheticDataset({ resolution: 8, channels: 1, classes: 4, trainCount: 48, testCount: 40 });
const HASH = 'a'.repeat(64);
const TEACHER: Architecture = { kind: 'mlp', hidden: [12, 8] };
const BASE = {
  dataset: { name: 'image-folder' },
  teacher: { kind: 'weights', weights: { fromArtifact: HASH, sha256: HASH } },
  student: { kind: 'mlp', hidden: [6] },
  training: { epochs: 4, batchSize: 8, evalBatchSize: 40, loader: { threads: 0 } },
  gramProbe: { everyEpochs: 10, samples: 30 },
};

/** Weights of a fresh network, as a file. */
const weightsOf = async (architecture: Parameters<typeof buildModel>[0], metadata: Record<string, string>) => {
  const model = buildModel(architecture, { input: DATASET, classes: 4, rng: (name) => createRng(9, name) });
  const file = encodeSafetensors(await modelTensors(model), metadata);
  model.dispose();
  return file;
};

interface Given {
  weights?: Uint8Array;
  dataset?: Dataset;
  resumeFrom?: Checkpoint | null;
  releaseAt?: number;
}

const attempt = async (more: object, given: Given = {}) => {
  const { dataset = DATASET, resumeFrom = null, releaseAt = null } = given;
  const weights = given.weights ?? (await weightsOf(TEACHER, { model: JSON.stringify(TEACHER) }));
  const ctx = createFakeContext({
    descriptor: METHODS['kernel-distillation'],
    dataset,
    seed: 3,
    inputs: new Map([[HASH, weights]]),
    resumeFrom,
    stop: (call) => (call === releaseAt ? 'release' : 'no'),
  });
  const config = resolveConfig('kernel-distillation', { ...BASE, ...more }) as KernelDistillationConfig;
  const tensors = tf.memory().numTensors;
  let summary: KernelDistillationSummary | null = null;
  try {
    summary = await kernelDistillation.run(config, ctx);
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
  } finally {
    assert.equal(tf.memory().numTensors, tensors, 'tensors leaked');
  }
  return { ctx, summary };
};

const finished = async (more: object, given: Given = {}) => {
  const { ctx, summary } = await attempt(more, given);
  assert.ok(summary);
  return { ctx, summary };
};

const studentOf = (ctx: Awaited<ReturnType<typeof attempt>>['ctx']) =>
  ctx.artifacts.get('weights.safetensors') as Uint8Array;

const NONE = { transfer: { kind: 'none' } };
const nystrom = (more: object) => ({ transfer: { kind: 'nystrom', warmEpochs: 1, ...more } });

describe('kernel-distillation', () => {
  it('is training alone, bit for bit, with a weight of zero or without a teacher', async () => {
    const alone = await finished({ teacher: { kind: 'none' }, ...NONE });
    const zero = [{ student: 'embedding', teacher: 'embedding', weight: 0 }];
    for (const more of [NONE, nystrom({ layers: zero }), { transfer: { kind: 'gram', weight: 0 } }]) {
      const other = await finished(more);
      assert.deepEqual(studentOf(other.ctx), studentOf(alone.ctx));
    }
    assert.equal(alone.summary.teacherAccuracy, null);
  });

  it('does not depend on the weight before the term is switched on', async () => {
    const losses = async (weight: number) => {
      const { ctx } = await finished(
        nystrom({ warmEpochs: 2, layers: [{ student: 'embedding', teacher: 'embedding', weight }] }),
      );
      return [6, 12, 18, 24].map((step) => ctx.metrics.get(`train/loss@${step}`));
    };
    const [small, large] = [await losses(0.1), await losses(2)];
    assert.deepEqual(small.slice(0, 2), large.slice(0, 2));
    assert.notEqual(small[3], large[3]);
  });

  for (const kind of ['class-mean-lagged', 'class-mean', 'k-means', 'random', 'classifier'])
    it(`brings the Gram matrices together over landmarks of kind ${kind}, and goes on bit for bit`, async () => {
      const more = {
        ...nystrom({ landmarks: { kind }, layers: [{ weight: 0.5 }] }),
        training: { ...BASE.training, epochs: 6 },
      };
      const whole = await finished(more);
      const alone = await finished({ ...NONE, training: { ...BASE.training, epochs: 6 } });
      const [gap, before] = [whole, alone].map(({ summary }) => summary.layers[0]?.gap as number);
      // rows of the classifier are the control: the student follows them by its classifier, not by its features
      if (kind !== 'classifier') assert.ok((gap as number) < (before as number), `${gap} ${before}`);
      assert.deepEqual(whole.summary.warnings, []);
      // within the last warm epoch, at its edge, within the next one, and in passes between epochs
      for (const releaseAt of [1, 4, 8, 9, 10, 11, 12, 14, 17, 21, 26]) {
        const { ctx, summary } = await attempt(more, { releaseAt });
        assert.equal(summary, null);
        const next = await finished(more, { resumeFrom: ctx.checkpoints.at(-1) as Checkpoint });
        assert.deepEqual(next.summary, whole.summary);
        for (const [name, bytes] of whole.ctx.artifacts)
          assert.deepEqual(next.ctx.artifacts.get(name), bytes, `${name}, released at ${releaseAt}`);
      }
    });

  it('takes other kernels, other layers, several at once, and soft labels beside them', async () => {
    const layers = [
      { student: 'embedding', teacher: 'embedding' },
      { student: 'logits', teacher: 'logits' },
      { student: 'hidden-1', teacher: 'hidden-1' },
    ];
    for (const kernel of [{ kind: 'polynomial' }, { kind: 'rbf' }, { kind: 'rbf', width: 3 }]) {
      const { summary, ctx } = await finished({
        ...nystrom({ kernel, layers, landmarks: { kind: 'k-means', count: 6 } }),
        softLabels: {},
      });
      assert.equal(summary.layers.length, 3);
      assert.equal(summary.layers[0]?.n4, null);
      const landmarks = decodeSafetensors(ctx.artifacts.get('landmarks.safetensors') as Uint8Array, 'landmarks');
      assert.deepEqual(landmarks.map(({ name, shape }) => `${name} ${shape}`).sort(), [
        '0/student/embedding 6,6',
        '0/teacher/embedding 6,8',
        '1/student/logits 6,4',
        '1/teacher/logits 6,4',
        '2/student/hidden-1 6,6',
        '2/teacher/hidden-1 6,12',
      ]);
    }
  });

  it('leaves out the landmark of a class without samples', async () => {
    const labels = DATASET.train.labels.map((label) => (label === 2 ? 1 : label));
    const dataset = { ...DATASET, train: { ...DATASET.train, labels } };
    const { summary, ctx } = await finished(nystrom({}), { dataset });
    assert.ok(Number.isFinite(summary.testLoss));
    const [student] = decodeSafetensors(ctx.artifacts.get('landmarks.safetensors') as Uint8Array, 'landmarks');
    assert.deepEqual([...(student?.data ?? [])].slice(12, 18), [0, 0, 0, 0, 0, 0]);
  });

  it('says the same of the teacher whether it is asked or kept', async () => {
    const [kept, asked] = [
      await finished({ ...nystrom({}), softLabels: {} }),
      await finished({ ...nystrom({}), softLabels: {}, cacheTeacher: false }),
    ];
    assert.ok(Math.abs(kept.summary.testLoss - asked.summary.testLoss) < 1e-4);
  });

  it('trains with every baseline', async () => {
    for (const kind of ['fitnet', 'similarity', 'relational', 'probabilistic', 'gram']) {
      const { summary, ctx } = await finished({ transfer: { kind } });
      assert.ok(Number.isFinite(summary.testLoss), kind);
      assert.ok((ctx.metrics.get('train/transfer@24') as number) > 0, kind);
    }
  });
});

describe('a student with feature maps', () => {
  const cnn = { kind: 'small-cnn', channels: [4, 6], strides: [1, 2] };
  const teacher: Architecture = { kind: 'small-cnn', channels: [5, 8], strides: [1, 1] };
  const weights = weightsOf(teacher, { model: JSON.stringify(teacher) });

  it('follows maps of another size', async () => {
    const layers = [{ student: 'conv-2', teacher: 'conv-2' }];
    for (const transfer of [{ kind: 'attention' }, { kind: 'fitnet', layers }, { kind: 'similarity', layers }]) {
      const { summary } = await finished({ student: cnn, transfer }, { weights: await weights });
      assert.ok(Number.isFinite(summary.testLoss), transfer.kind);
    }
  });

  it('is taught on the images that it sees itself', async () => {
    const { summary } = await finished(
      { student: cnn, ...nystrom({}), training: { ...BASE.training, augmentation: 'crop-flip' } },
      { weights: await weights },
    );
    assert.ok(Number.isFinite(summary.testLoss));
  });
});

describe('a teacher', () => {
  const structure = 'SuperConvK3BNRELU(1,8,2,1)SuperResK3K3(8,8,2,8,1)SuperConvK1BNRELU(8,16,1,1)';

  it('may be what a search has found, with or without squeeze-and-excitation', async () => {
    for (const squeezeExcite of [false, true]) {
      const weights = await weightsOf({ kind: 'structure', structure, squeezeExcite }, { structure });
      const { summary } = await finished(nystrom({}), { weights });
      assert.ok(summary.teacherAccuracy !== null);
    }
  });

  it('may be a checkpoint, which holds more than the weights, with its architecture named', async () => {
    const tensors = decodeSafetensors(await weightsOf(TEACHER, {}), 'weights');
    const more = tensors.map((tensor) => ({ ...tensor, name: `velocity/${tensor.name}` }));
    const weights = encodeSafetensors([...tensors, ...more]);
    const { summary } = await finished({ ...nystrom({}), teacher: { ...BASE.teacher, model: TEACHER } }, { weights });
    assert.ok(summary.teacherAccuracy !== null);
  });

  it('is refused where its weights do not fit, or nobody says what they belong to', async () => {
    const weights = await weightsOf(TEACHER, {});
    await assert.rejects(
      attempt({}, { weights }),
      (error) => error instanceof DataError && /set teacher.model/.test(error.message),
    );
    const other = { ...BASE.teacher, model: { kind: 'mlp', hidden: [12, 9] } };
    await assert.rejects(
      attempt({ teacher: other }),
      (error) => error instanceof DataError && /do not fit/.test(error.message),
    );
  });

  it('is refused where a layer is not there, or attention finds no maps', async () => {
    const layers = [{ student: 'hidden-3' }];
    await assert.rejects(
      attempt(nystrom({ layers })),
      /student has no layer "hidden-3"; it has embedding, logits, hidden-1/,
    );
    await assert.rejects(attempt({ transfer: { kind: 'attention' } }), /neither network may be a perceptron/);
    await assert.rejects(
      attempt(nystrom({ landmarks: { kind: 'random', count: 49 } })),
      /count is 49, but there are 48/,
    );
  });
});

describe('the config of kernel-distillation', () => {
  const faults = (config: object): string[] => {
    try {
      resolveConfig('kernel-distillation', config);
    } catch (error) {
      return (error as { faults: { pointer: string }[] }).faults.map(({ pointer }) => pointer);
    }
    return [];
  };

  it('fills what is left out, down to the teacher and the transfer', () => {
    const { teacher, transfer, softLabels } = resolveConfig('kernel-distillation', {
      softLabels: {},
    }) as KernelDistillationConfig;
    assert.ok(teacher.kind === 'trained' && teacher.training.epochs === 10);
    assert.ok(transfer.kind === 'nystrom' && transfer.landmarks.kind === 'class-mean-lagged');
    assert.deepEqual(softLabels, { weight: 0.9, temperature: 4 });
  });

  it('is refused with the place of the fault', () => {
    assert.deepEqual(faults({ teacher: { kind: 'none' }, softLabels: {} }), [
      '/config/transfer/kind',
      '/config/softLabels',
    ]);
    assert.deepEqual(faults({ transfer: { kind: 'nystrom', landmarks: { count: 5 } } }), [
      '/config/transfer/landmarks/count',
    ]);
    assert.deepEqual(faults({ transfer: { kind: 'similarity', layers: [] } }), ['/config/transfer/layers']);
    assert.deepEqual(faults({ transfer: { kind: 'nystrom', kernel: { kind: 'rbf', gamma: 1 } } }), [
      '/config/transfer/kernel/gamma',
    ]);
    assert.deepEqual(
      faults({
        transfer: {
          kind: 'nystrom',
          landmarks: { kind: 'classifier' },
          layers: [{ student: 'logits', teacher: 'logits' }],
        },
      }),
      ['/config/transfer/layers'],
    );
    assert.deepEqual(faults({ teacher: { kind: 'trained', training: { validationSamples: 5 } } }), [
      '/config/teacher/training/validationSamples',
    ]);
  });

  it('warns of a weight for logits that is known to be too large', async () => {
    const { summary } = await finished(nystrom({ layers: [{ student: 'logits', teacher: 'logits', weight: 0.9 }] }));
    assert.deepEqual(
      summary.warnings.map(({ name }) => name),
      ['logit-weight-large'],
    );
  });
});
