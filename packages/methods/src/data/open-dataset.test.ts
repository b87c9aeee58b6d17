import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { DatasetConfig, resolve } from '@crucible/contracts';
import sharp from 'sharp';
import { DataError } from '../method.ts';
import type { Rng } from '../random/rng.ts';
import { CIFAR_10, CIFAR_100, readCifar } from './cifar.ts';
import { readFashionMnist } from './fashion-mnist.ts';
import { openDataset } from './open-dataset.ts';

/** A stream whose permutations run backwards; nothing else may be drawn. */
const backwards: Rng = {
  uint32: () => assert.fail('drawn'),
  uniform: () => assert.fail('drawn'),
  below: () => assert.fail('drawn'),
  normal: () => assert.fail('drawn'),
  fillNormal: () => assert.fail('drawn'),
  permutation: (n) => Int32Array.from({ length: n }, (_, at) => n - 1 - at),
};

const config = (values: Partial<DatasetConfig>): DatasetConfig => {
  const resolved = resolve(DatasetConfig, values);
  assert.deepEqual(resolved.faults, []);
  return resolved.value as DatasetConfig;
};

const idx = (shape: number[], data: number[]): Uint8Array =>
  Uint8Array.from([0, 0, 8, shape.length, ...shape.flatMap((size) => [0, 0, size >> 8, size & 255]), ...data]);

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'datasets-'));
});
after(() => rm(folder, { recursive: true }));

describe('an idx dataset', () => {
  const files = { trainImages: 'ti', trainLabels: 'tl', testImages: 'ei', testLabels: 'el' };
  before(async () => {
    await mkdir(join(folder, 'mine'));
    await writeFile(join(folder, 'mine/ti'), idx([3, 1, 2], [0, 255, 51, 51, 102, 0]));
    await writeFile(join(folder, 'mine/tl'), idx([3], [0, 2, 1]));
    await writeFile(join(folder, 'mine/ei.gz'), gzipSync(idx([1, 1, 2], [9, 8])));
    await writeFile(join(folder, 'mine/el'), idx([1], [1]));
    await writeFile(join(folder, 'mine/short'), idx([2], [1, 1]));
  });

  it('has classes, statistics of the train split and the hash of its data', async () => {
    const data = await openDataset(config({ name: 'idx', path: 'mine', ...files }), folder, backwards);
    assert.deepEqual([data.height, data.width, data.channels, data.classes], [1, 2, 1, 3]);
    assert.deepEqual([...data.train.labels], [0, 2, 1]);
    assert.deepEqual([...data.test.images], [9, 8]);
    const pixels = [0, 1, 0.2, 0.2, 0.4, 0];
    const mean = pixels.reduce((sum, value) => sum + value, 0) / 6;
    const std = Math.sqrt(pixels.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 6);
    assert.ok(Math.abs((data.mean[0] ?? 0) - mean) < 1e-12);
    assert.ok(Math.abs((data.std[0] ?? 0) - std) < 1e-12);
    const bytes = Buffer.concat([
      Uint8Array.of(0, 255, 51, 51, 102, 0),
      new Uint8Array(Int32Array.of(0, 2, 1).buffer),
      Uint8Array.of(9, 8),
      new Uint8Array(Int32Array.of(1).buffer),
    ]);
    assert.equal(data.sha256, createHash('sha256').update(bytes).digest('hex'));
  });

  it('keeps the drawn training samples, in the order of the file', async () => {
    const data = await openDataset(config({ name: 'idx', path: 'mine', ...files, trainSamples: 2 }), folder, backwards);
    assert.deepEqual([...data.train.images], [51, 51, 102, 0]);
    assert.deepEqual([...data.train.labels], [2, 1]);
    assert.equal(data.test.count, 1);
  });

  it('refuses more training samples than there are', () =>
    assert.rejects(
      openDataset(config({ name: 'idx', path: 'mine', ...files, trainSamples: 4 }), folder, backwards),
      /trainSamples is 4, but idx has 3/,
    ));

  it('refuses a label file of another length', () =>
    assert.rejects(
      openDataset(config({ name: 'idx', path: 'mine', ...files, trainLabels: 'short' }), folder, backwards),
      (error) => error instanceof DataError && /short has 2 labels for the 3 images of .*ti/.test(error.message),
    ));

  it('refuses a path that leaves its folder, though the schema would have', async () => {
    const outside = { ...config({ name: 'idx', path: 'mine', ...files }), path: '../elsewhere' };
    await assert.rejects(openDataset(outside, folder, backwards), /"\.\.\/elsewhere" leaves /);
    await assert.rejects(openDataset({ ...outside, path: '/etc' }, folder, backwards), /"\/etc" leaves /);
  });
});

describe('fashion-mnist', () => {
  it('accepts the published bytes, packed or not, and refuses others', async () => {
    const place = join(folder, 'fashion');
    await mkdir(place);
    const files = [
      { name: 'ti', bytes: idx([2, 1, 1], [5, 6]) },
      { name: 'tl', bytes: idx([2], [9, 0]) },
      { name: 'ei', bytes: idx([1, 1, 1], [7]) },
      { name: 'el', bytes: idx([1], [3]) },
    ];
    for (const { name, bytes } of files) await writeFile(join(place, `${name}.gz`), gzipSync(bytes));
    const published = files.map(({ name, bytes }) => ({
      name,
      split: 'train' as const,
      bytes: bytes.length,
      sha256: createHash('sha256').update(bytes).digest('hex'),
    }));
    const data = await readFashionMnist(place, published);
    assert.deepEqual([...data.train.labels], [9, 0]);
    assert.equal(data.classNames.length, 10);
    const other = (change: object) => published.map((file, i) => (i === 3 ? { ...file, ...change } : file));
    await assert.rejects(
      readFashionMnist(place, other({ sha256: 'ab' })),
      /el is not the published file of Fashion-MNIST: .* expected ab/,
    );
    await assert.rejects(
      readFashionMnist(place, other({ bytes: 5 })),
      /el is not the published file of Fashion-MNIST: it has 9 bytes unpacked, expected 5/,
    );
  });
});

describe('the binary CIFAR versions', () => {
  const record = (labels: number[], red: number) => [
    ...labels,
    ...new Array(1024).fill(red),
    ...new Array(1024).fill(20),
    ...new Array(1024).fill(30),
  ];

  it('interleave planes and find the archive folder', async () => {
    const place = join(folder, 'cifar-10/cifar-10-batches-bin');
    await mkdir(place, { recursive: true });
    for (const [at, { name }] of CIFAR_10.files.entries())
      await writeFile(join(place, name), Uint8Array.from(record([at], 10 + at)));
    await writeFile(join(place, CIFAR_10.classNamesFile), 'airplane\nautomobile\n\n');
    const layout = { ...CIFAR_10, files: CIFAR_10.files.map((file) => ({ ...file, bytes: 3073 })) };
    const data = await readCifar(join(folder, 'cifar-10'), layout);
    assert.deepEqual([...data.train.labels], [0, 1, 2, 3, 4]);
    assert.deepEqual([...data.train.images.subarray(3072, 3078)], [11, 20, 30, 11, 20, 30]);
    assert.deepEqual([...data.test.labels], [5]);
    assert.deepEqual(data.classNames, ['airplane', 'automobile']);
    await assert.rejects(
      readCifar(join(folder, 'cifar-10'), CIFAR_10),
      /data_batch_1\.bin is not the published file of CIFAR-10 \(binary version\): it has 3073 bytes unpacked, expected 30730000/,
    );
  });

  it('have whole records of the published number', () => {
    for (const { files, labelBytes } of [CIFAR_10, CIFAR_100]) {
      const records = (split: string) =>
        files.filter((file) => file.split === split).reduce((sum, { bytes }) => sum + bytes / (labelBytes + 3072), 0);
      assert.deepEqual([records('train'), records('test')], [50_000, 10_000]);
    }
  });

  it('take the fine label of CIFAR-100', async () => {
    const place = join(folder, 'cifar-100');
    await mkdir(place);
    await writeFile(join(place, 'train.bin'), Uint8Array.from([...record([3, 77], 1), ...record([4, 99], 2)]));
    await writeFile(join(place, 'test.bin'), Uint8Array.from(record([1, 0], 1)));
    await writeFile(join(place, CIFAR_100.classNamesFile), 'apple\n');
    const data = await readCifar(place, {
      ...CIFAR_100,
      files: CIFAR_100.files.map((file) => ({ ...file, bytes: (file.split === 'train' ? 2 : 1) * 3074 })),
    });
    assert.deepEqual([...data.train.labels], [77, 99]);
    assert.equal(data.train.images[3072], 2);
  });
});

describe('an image folder', () => {
  const draw = async (path: string, background: { r: number; g: number; b: number }, width = 12, height = 12) => {
    await mkdir(join(folder, 'pictures', path, '..'), { recursive: true });
    await sharp({ create: { width, height, channels: 3, background } }).toFile(join(folder, 'pictures', path));
  };
  before(async () => {
    await draw('train/dog/b.png', { r: 255, g: 0, b: 0 });
    await draw('train/dog/a.webp', { r: 0, g: 0, b: 255 });
    await draw('train/cat/z.jpg', { r: 128, g: 128, b: 128 }, 20, 10);
    await draw('test/cat/a.png', { r: 1, g: 2, b: 3 });
    await writeFile(join(folder, 'pictures/train/cat/notes.txt'), 'not an image');
  });
  const pictures = config({ name: 'image-folder', path: 'pictures', resolution: 8 });

  it('is read as RGB of the asked resolution, classes and files by name', async () => {
    const data = await openDataset(pictures, folder, backwards);
    assert.deepEqual(data.classNames, ['cat', 'dog']);
    assert.deepEqual([...data.train.labels], [0, 1, 1]);
    assert.equal(data.train.images.length, 3 * 8 * 8 * 3);
    const first = (sample: number) => [...data.train.images.subarray(sample * 192, sample * 192 + 3)];
    assert.ok(first(0).every((value) => Math.abs(value - 128) <= 2));
    assert.ok((first(1)[2] ?? 0) > 240 && (first(1)[0] ?? 255) < 15);
    assert.deepEqual(first(2), [255, 0, 0]);
    assert.deepEqual([...data.test.images.subarray(0, 3)], [1, 2, 3]);
  });

  it('is the same data when read twice', async () => {
    const [one, two] = [await openDataset(pictures, folder, backwards), await openDataset(pictures, folder, backwards)];
    assert.equal(one.sha256, two.sha256);
  });

  it('refuses a test class that train has not, a damaged image and a missing folder', async () => {
    await draw('test/fox/a.png', { r: 1, g: 2, b: 3 });
    await assert.rejects(openDataset(pictures, folder, backwards), /classes that train has not: fox/);
    await rm(join(folder, 'pictures/test/fox'), { recursive: true });
    await writeFile(join(folder, 'pictures/test/cat/broken.png'), 'no png');
    await assert.rejects(openDataset(pictures, folder, backwards), /broken\.png is not a readable image/);
    await rm(join(folder, 'pictures/test/cat/broken.png'));
    await assert.rejects(
      openDataset({ ...pictures, path: 'nowhere' }, folder, backwards),
      (error) => error instanceof DataError && /nowhere\/train cannot be read/.test(error.message),
    );
  });
});
