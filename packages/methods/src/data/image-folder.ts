import { readdir } from 'node:fs/promises';
import { extname, join } from 'node:path';
import sharp from 'sharp';
import { DataError } from '../method.ts';
import type { RawDataset } from './assemble-dataset.ts';
import type { Split } from './dataset.ts';

const EXTENSIONS = new Set(['.png', '.jpg', '.jpeg', '.webp']);
/** Images decoded at a time: enough to keep a few cores busy, few enough to bound memory. */
const DECODED_AT_ONCE = 8;

/**
 * Reads `train/CLASS/*` and `test/CLASS/*` (png, jpg, jpeg, webp) as RGB of `resolution` x `resolution`. The shorter
 * side is scaled to fit and the longer one cropped around its middle. Classes and files are sorted by name, so that
 * the order does not depend on the file system.
 *
 * @throws DataError if a folder is missing or empty, an image is damaged, or test has a class that train has not
 */
export async function readImageFolder(folder: string, resolution: number): Promise<RawDataset> {
  const classNames = await subfolders(join(folder, 'train'));
  if (classNames.length < 2)
    throw new DataError(
      `${join(folder, 'train')} has ${classNames.length} class folder(s); at least two are needed, one per class.`,
    );
  const unknown = (await subfolders(join(folder, 'test'))).filter((name) => !classNames.includes(name));
  if (unknown.length > 0)
    throw new DataError(
      `${join(folder, 'test')} has classes that train has not: ${unknown.join(', ')}. Rename or remove them.`,
    );
  return {
    name: 'image-folder',
    height: resolution,
    width: resolution,
    channels: 3,
    classes: classNames.length,
    classNames,
    train: await readSplit(join(folder, 'train'), classNames, resolution),
    test: await readSplit(join(folder, 'test'), classNames, resolution),
  };
}

async function subfolders(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
      .map((entry) => entry.name)
      .sort();
  } catch (cause) {
    throw new DataError(
      `${folder} cannot be read. An image folder holds train/CLASS/ and test/CLASS/; check dataset.path.`,
      { cause },
    );
  }
}

async function readSplit(folder: string, classNames: readonly string[], resolution: number): Promise<Split> {
  const files: { path: string; label: number }[] = [];
  for (const [label, name] of classNames.entries()) {
    const names = await readdir(join(folder, name)).catch((cause: NodeJS.ErrnoException) => {
      if (cause.code === 'ENOENT') return []; // a class may be absent from the test split
      throw new DataError(`${join(folder, name)} cannot be read: ${cause.message}`, { cause });
    });
    for (const file of names.filter((name) => EXTENSIONS.has(extname(name).toLowerCase())).sort())
      files.push({ path: join(folder, name, file), label });
  }
  if (files.length === 0)
    throw new DataError(`${folder} holds no image; png, jpg, jpeg and webp files in class folders are read.`);
  const imageBytes = resolution * resolution * 3;
  const images = new Uint8Array(files.length * imageBytes);
  for (let start = 0; start < files.length; start += DECODED_AT_ONCE)
    await Promise.all(
      files.slice(start, start + DECODED_AT_ONCE).map(async ({ path }, offset) => {
        images.set(await decode(path, resolution), (start + offset) * imageBytes);
      }),
    );
  return { images, labels: Int32Array.from(files, ({ label }) => label), count: files.length };
}

async function decode(path: string, resolution: number): Promise<Uint8Array> {
  try {
    return await sharp(path)
      .autoOrient()
      .resize(resolution, resolution, { fit: 'cover' })
      .flatten({ background: 'black' })
      .toColourspace('srgb')
      .raw({ depth: 'uchar' })
      .toBuffer();
  } catch (cause) {
    throw new DataError(`${path} is not a readable image (${(cause as Error).message}). Replace or remove it.`, {
      cause,
    });
  }
}
