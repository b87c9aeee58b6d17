import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { trainingConfig, trainingFaults } from './training.ts';
import { resolve } from './validate.ts';

const Training = trainingConfig({ epochs: 7, optimizer: { kind: 'sgd', momentum: 0.5, nesterov: false } });

describe('the training of a config', () => {
  it('has the defaults of its method, and those of the rest', () => {
    const { value } = resolve(Training, {});
    assert.deepEqual(
      [value?.epochs, value?.batchSize, value?.optimizer, value?.schedule],
      [7, 128, { kind: 'sgd', momentum: 0.5, nesterov: false }, { kind: 'cosine', floor: 0 }],
    );
  });

  it('takes a policy by name or as a list, whose operations get their defaults', () => {
    assert.equal(resolve(Training, { augmentation: 'flip' }).value?.augmentation, 'flip');
    const { value } = resolve(Training, { augmentation: [{ op: 'pad-crop' }, { op: 'flip' }] });
    assert.deepEqual(value?.augmentation, [
      { op: 'pad-crop', padding: null },
      { op: 'flip', probability: 0.5 },
    ]);
  });

  it('names the fault of the operation, not that a list is no name', () => {
    assert.deepEqual(resolve(Training, { augmentation: [{ op: 'flip', odds: 2 }] }).faults, [
      { pointer: '/augmentation/0/odds', message: 'is not a known key' },
    ]);
    const [fault, ...more] = resolve(Training, { augmentation: 'blur' }).faults;
    assert.deepEqual([fault?.pointer, more], ['/augmentation', []]);
  });

  it('fills the defaults of another kind of optimizer and schedule', () => {
    const { value } = resolve(Training, { optimizer: { kind: 'adam' }, schedule: { kind: 'step' } });
    assert.deepEqual(value?.optimizer, { kind: 'adam', beta1: 0.9, beta2: 0.999, epsilon: 1e-8 });
    assert.deepEqual(value?.schedule, { kind: 'step', milestones: [1 / 3, 2 / 3], factor: 0.1 });
  });

  it('wants samples to hold out where it is to end by their loss', () => {
    const faults = (changed: object) => {
      const { value } = resolve(Training, changed);
      assert.ok(value !== null);
      return trainingFaults(value, '/training').map(({ pointer }) => pointer);
    };
    assert.deepEqual(faults({ earlyStopEpochs: 2 }), ['/training/validationSamples']);
    assert.deepEqual(faults({ earlyStopEpochs: 2, validationSamples: 5 }), []);
    assert.deepEqual(faults({ earlyStopEpochs: 2, validationSamples: 5, testEveryEpochs: 3 }), [
      '/training/testEveryEpochs',
    ]);
    assert.deepEqual(faults({}), []);
  });
});
