import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { DataError } from '../method.ts';

const unzip = promisify(gunzip);

/**
 * The unpacked bytes of a file of a dataset. `PATH.gz` is taken where `PATH` itself is absent, and gzip is known by
 * its first two bytes, whatever the name says.
 *
 * @throws DataError naming the file if neither exists or it cannot be read or unpacked
 */
export async function readDataFile(path: string): Promise<Uint8Array> {
  const found = existsSync(path) ? path : `${path}.gz`;
  let stored: Uint8Array;
  try {
    stored = await readFile(found);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT')
      throw new DataError(
        `${path} is missing, and so is ${path}.gz. Put the file there, or name another folder in dataset.path.`,
      );
    throw new DataError(`${found} cannot be read: ${(cause as Error).message}`, { cause });
  }
  if (stored[0] !== 0x1f || stored[1] !== 0x8b) return stored;
  try {
    return await unzip(stored);
  } catch (cause) {
    throw new DataError(`${found} is a damaged gzip file (${(cause as Error).message}). Fetch it again.`, { cause });
  }
}
