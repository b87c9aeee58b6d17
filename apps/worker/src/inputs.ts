import { createHash } from 'node:crypto';
import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { CrucibleError, type Reference, referencesIn } from '@crucible/contracts';
import { type Artifacts, type Checkpoints, safetensorsOf } from '@crucible/store';
import type { Retry } from './recorder.ts';

export interface InputParts {
  artifacts: Pick<Artifacts, 'openContent'>;
  checkpoints: Pick<Checkpoints, 'open'>;
  /** folder to fill: one file per content, named by its hash */
  dir: string;
  retry: Retry;
}

/**
 * Brings the bytes that the references of a config name to disk, each content once, and checks them against their hashes.
 *
 * @throws CrucibleError `not-found` when nobody keeps them any more, `checkpoint-corrupt` when they are damaged
 */
export async function fetchInputs(config: unknown, parts: InputParts): Promise<void> {
  const inputs = new Map<string, Reference>();
  for (const { pointer, reference } of referencesIn(config)) {
    if (reference.sha256 === undefined)
      throw new CrucibleError('not-found', `The bytes of /config${pointer} are not known; resume or retry the job.`);
    inputs.set(reference.sha256, reference);
  }
  if (inputs.size > 0) await mkdir(parts.dir, { recursive: true });
  for (const [sha256, reference] of inputs) await parts.retry(() => download(sha256, reference, parts));
}

async function download(sha256: string, reference: Reference, parts: InputParts): Promise<void> {
  const { artifacts, checkpoints, dir } = parts;
  const chunks =
    'fromCheckpoint' in reference
      ? await openCheckpoint(reference.fromCheckpoint, sha256, checkpoints)
      : verified(await artifacts.openContent(sha256), sha256);
  const file = await open(join(dir, sha256), 'w');
  try {
    for await (const chunk of chunks) await file.writeFile(chunk);
  } finally {
    await file.close();
  }
}

/** Its chunks are verified one by one as they are read. */
async function openCheckpoint(
  id: string,
  sha256: string,
  checkpoints: InputParts['checkpoints'],
): Promise<AsyncIterable<Uint8Array>> {
  const { view, manifest, sizes, read } = await checkpoints.open(id);
  if (view.rootSha256 !== sha256)
    throw new CrucibleError('checkpoint-corrupt', `Checkpoint ${id} has the hash ${view.rootSha256}, not ${sha256}.`);
  const file = safetensorsOf(manifest, sizes, read);
  return file.bytes({ first: 0, last: file.size - 1 });
}

async function* verified(chunks: AsyncIterable<Uint8Array>, sha256: string): AsyncGenerator<Uint8Array> {
  const whole = createHash('sha256');
  for await (const chunk of chunks) {
    whole.update(chunk);
    yield chunk;
  }
  const actual = whole.digest('hex');
  if (actual !== sha256)
    throw new CrucibleError('checkpoint-corrupt', `The bytes of the input ${sha256} have the hash ${actual}.`);
}
