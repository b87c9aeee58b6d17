import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Type } from 'typebox';
import { Architecture, architectureFaults } from './architecture.ts';
import { AugmentationPolicy } from './augmentation.ts';
import { resolve } from './validate.ts';

const Config = Type.Object(
  { model: Architecture, augmentation: AugmentationPolicy, epochs: Type.Integer({ minimum: 1, default: 3 }) },
  { additionalProperties: false },
);

const faultsOf = (value: unknown) => resolve(Config, value).faults;

describe('resolve', () => {
  it('fills the defaults of the branch that the tag chooses', () => {
    const { value } = resolve(Config, { model: { kind: 'resnet', width: 16 }, augmentation: [{ op: 'flip' }] });
    assert.deepEqual(value, {
      model: { kind: 'resnet', depth: 18, width: 16, stem: 'cifar' },
      augmentation: [{ op: 'flip', probability: 0.5 }],
      epochs: 3,
    });
  });

  it('names only the faults of that branch, each by its pointer', () => {
    const augmentation = [{ op: 'flip' }, { op: 'flip', odds: 1 }, { op: 'cutout', size: 0 }];
    assert.deepEqual(faultsOf({ model: { kind: 'resnet', depth: 19 }, augmentation, epochs: 0 }), [
      { pointer: '/epochs', message: 'must be >= 1' },
      { pointer: '/model/depth', message: 'must be one of 18, 34, 50, 101, 152' },
      { pointer: '/augmentation/1/odds', message: 'is not a known key' },
      { pointer: '/augmentation/2/size', message: 'must be >= 1' },
    ]);
  });

  it('lists the tags where none is chosen', () => {
    const known = 'resnet, structure, small-cnn, mlp';
    assert.deepEqual(faultsOf({ model: { kind: 'vit' } }), [
      { pointer: '/model/kind', message: `must be one of ${known}` },
    ]);
    assert.deepEqual(faultsOf({ model: 'mlp' }), [
      { pointer: '/model', message: `must be an object whose kind is one of ${known}` },
    ]);
    assert.deepEqual(faultsOf({}), [{ pointer: '/model', message: 'is required' }]);
  });
});

describe('resolve, of an object or null', () => {
  const Nullable = Type.Object(
    {
      probe: Type.Union(
        [
          Type.Object(
            { every: Type.Integer({ minimum: 1, default: 5 }), model: Architecture },
            { additionalProperties: false },
          ),
          Type.Null(),
        ],
        { default: null },
      ),
    },
    { additionalProperties: false },
  );

  it('fills the defaults of the object, also below a tag', () => {
    assert.deepEqual(resolve(Nullable, {}).value, { probe: null });
    assert.deepEqual(resolve(Nullable, { probe: { model: { kind: 'mlp' } } }).value, {
      probe: { every: 5, model: { kind: 'mlp', hidden: [256, 256] } },
    });
  });

  it('fills the defaults of a default', () => {
    const schema = Type.Object({ model: Type.Unsafe<Architecture>({ ...Architecture, default: { kind: 'mlp' } }) });
    assert.deepEqual(resolve(schema, {}).value, { model: { kind: 'mlp', hidden: [256, 256] } });
  });

  it('names the faults inside the object alone', () => {
    assert.deepEqual(resolve(Nullable, { probe: { every: 0, model: { kind: 'resnet', wide: 1 } } }).faults, [
      { pointer: '/probe/every', message: 'must be >= 1' },
      { pointer: '/probe/model/wide', message: 'is not a known key' },
    ]);
  });
});

describe('architectureFaults', () => {
  it('wants one stride per convolution', () => {
    const cnn = { kind: 'small-cnn', channels: [8, 16], strides: [2] } as const;
    const architecture = { ...cnn, channels: [...cnn.channels], strides: [...cnn.strides] };
    assert.deepEqual(architectureFaults(architecture, '/model'), [
      { pointer: '/model/strides', message: 'must be as many as channels: 2, not 1' },
    ]);
    assert.deepEqual(architectureFaults({ ...architecture, strides: [1, 2] }, '/model'), []);
  });

  it('leaves a structure that another job is to find to the one who reads it', () => {
    const structure = { fromJob: 'search', artifact: 'best-structure.txt' };
    const { value, faults } = resolve(Config, { model: { kind: 'structure', structure }, augmentation: [] });
    assert.deepEqual([value?.model, faults], [{ kind: 'structure', structure, squeezeExcite: false }, []]);
    assert.deepEqual(architectureFaults({ kind: 'structure', structure, squeezeExcite: false }, '/model'), []);
    assert.equal(
      architectureFaults({ kind: 'structure', structure: 'Conv(1', squeezeExcite: false }, '/model').length,
      1,
    );
    assert.ok(faultsOf({ model: { kind: 'structure', structure: { fromJob: 'a' } }, augmentation: [] }).length > 0);
  });
});
