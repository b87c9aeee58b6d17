import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DatasetConfig } from '@crucible/contracts';
import { seededRandom } from './seeded-random.ts';

/** Bytes in IDX form. */
function idx(shape: readonly number[], data: Uint8Array): Uint8Array {
  const header = new DataView(new ArrayBuffer(4 + 4 * shape.length));
  header.setUint32(0, 0x0800 + shape.length);
  for (const [axis, size] of shape.entries()) header.setUint32(4 + 4 * axis, size);
  return Buffer.concat([new Uint8Array(header.buffer), data]);
}

/**
 * Writes a small image set that can be learned: each class is a bright bar in a row of its own, under noise.
 *
 * @param dataDir gets a folder `bars`
 * @returns the config that reads it
 */
export async function writeBars(
  dataDir: string,
  { train, test, side, classes }: { train: number; test: number; side: number; classes: number },
): Promise<Partial<DatasetConfig>> {
  const draw = seededRandom(11);
  const folder = join(dataDir, 'bars');
  await mkdir(folder, { recursive: true });
  for (const [name, count] of [
    ['train', train],
    ['test', test],
  ] as const) {
    const labels = Uint8Array.from({ length: count }, () => draw(classes));
    const images = Uint8Array.from({ length: count * side * side }, (_, at) => {
      const row = Math.floor(at / side) % side;
      const label = labels[Math.floor(at / (side * side))] ?? 0;
      return draw(120) + (row === label ? 100 : 0);
    });
    await writeFile(join(folder, `${name}-images`), idx([count, side, side], images));
    await writeFile(join(folder, `${name}-labels`), idx([count], labels));
  }
  return {
    name: 'idx',
    path: 'bars',
    trainImages: 'train-images',
    trainLabels: 'train-labels',
    testImages: 'test-images',
    testLabels: 'test-labels',
  };
}
