import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

/** A python3 on the search path, or where systems put it, that can import torch; null if there is none. */
export async function findTorch(): Promise<string | null> {
  const folders = [...(process.env.PATH ?? '').split(path.delimiter), '/usr/bin', '/usr/local/bin'];
  const candidates = [...new Set(folders)].map((folder) => path.join(folder, 'python3'));
  for (const python of candidates.filter((file) => fs.existsSync(file))) {
    const isThere = await promisify(execFile)(python, ['-c', 'import torch']).then(
      () => true,
      () => false,
    );
    if (isThere) return python;
  }
  return null;
}
