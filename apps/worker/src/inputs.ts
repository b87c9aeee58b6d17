import { createHash } from 'node:crypto';
import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { CrucibleError, referencesIn } from '@crucible/contracts';
import type { Artifacts } from '@crucible/store';
import type { Retry } from './recorder.ts';

export interface InputParts {
  artifacts: Pick<Artifacts, 'openContent'>;
  /** folder to fill: one file per content, named by its hash */
  dir: string;
  retry: Retry;
}

/**
 * Brings the bytes that the references of a config name to disk, each content once, and checks them against their hashes.
 *
 * @throws CrucibleError `not-found` when nobody keeps them any more, `checkpoint-corrupt` when they are damaged
 */
export async function fetchInputs(config: unknown, { artifacts, dir, retry }: InputParts): Promise<void> {
  const hashes = new Set<string>();
  for (const { pointer, reference } of referencesIn(config)) {
    if (reference.sha256 === undefined)
      throw new CrucibleError('not-found', `The bytes of /config${pointer} are not known; resume or retry the job.`);
    hashes.add(reference.sha256);
  }
  if (hashes.size > 0) await mkdir(dir, { recursive: true });
  for (const sha256 of hashes) await retry(() => download(sha256, join(dir, sha256), artifacts));
}

async function download(sha256: string, path: string, artifacts: InputParts['artifacts']): Promise<void> {
  const whole = createHash('sha256');
  const file = await open(path, 'w');
  try {
    for await (const chunk of await artifacts.openContent(sha256)) {
      whole.update(chunk);
      await file.writeFile(chunk);
    }
  } finally {
    await file.close();
  }
  const actual = whole.digest('hex');
  if (actual !== sha256)
    throw new CrucibleError('checkpoint-corrupt', `The bytes of the input ${sha256} have the hash ${actual}.`);
}
