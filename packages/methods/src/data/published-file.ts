import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { DATASETS, type DatasetFile, type DatasetName } from '@crucible/contracts';
import { DataError } from '../method.ts';
import { readDataFile } from './data-file.ts';

/**
 * The unpacked bytes of a published file in `folder`.
 *
 * @throws DataError if it is missing or damaged, or has not the published length or hash
 */
export async function readPublishedFile(
  folder: string,
  expected: DatasetFile,
  dataset: DatasetName,
): Promise<Uint8Array> {
  const path = join(folder, expected.name);
  const { title } = DATASETS[dataset];
  const bytes = await readDataFile(path);
  if (bytes.length !== expected.bytes)
    throw new DataError(
      `${path} is not the published file of ${title}: it has ${bytes.length} bytes unpacked, expected ${expected.bytes}. Fetch it again.`,
    );
  if (expected.sha256 === null) return bytes;
  const found = createHash('sha256').update(bytes).digest('hex');
  if (found !== expected.sha256)
    throw new DataError(
      `${path} is not the published file of ${title}: the SHA-256 of its unpacked bytes is ${found}, expected ${expected.sha256}. Fetch it again.`,
    );
  return bytes;
}
