/**
 * @file The folder through which a child hands bytes to its worker. Nothing is synced to the disk: files outlive the two
 * processes as they are, and after the death of the machine the job goes on from what the database holds. Syncing the
 * two hundred files of a small network took a quarter of its training time.
 */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CheckpointManifest, TensorDtype, TensorEntry } from '@crucible/contracts';
import type { Checkpoint, StoredTensor } from '@crucible/methods';
import { diskFault } from '../disk-fault.ts';

/** Folder within that of the attempt for the bytes that its config names, verified, each under its hash. */
export const INPUTS_FOLDER = 'inputs';

/** The folder of the attempt could not be written or read: disk full, permission, a file gone. */
export class SpoolError extends Error {
  constructor(message: string, options: { cause: unknown }) {
    super(message, options);
    this.name = 'SpoolError';
  }
}

const ARRAYS = {
  float32: Float32Array,
  int32: Int32Array,
  uint8: Uint8Array,
  float64: Float64Array,
} as const satisfies Record<TensorDtype, unknown>;

/** @throws SpoolError */
export async function writeSpoolFile(path: string, bytes: Uint8Array): Promise<void> {
  try {
    await writeFile(path, bytes);
  } catch (cause) {
    throw new SpoolError(diskFault(path, cause), { cause });
  }
}

/**
 * Writes the tensors of a checkpoint into `dir`, one file each, named by its index. The folder takes its name last,
 * by a rename, so that a folder of that name is always complete.
 *
 * @returns the entries of the manifest; the chunks are hashed by whoever uploads them
 * @throws SpoolError
 */
export async function writeTensors(tensors: readonly StoredTensor[], dir: string): Promise<TensorEntry[]> {
  const part = `${dir}.part`;
  try {
    await mkdir(part);
  } catch (cause) {
    throw new SpoolError(diskFault(part, cause), { cause });
  }
  const entries: TensorEntry[] = [];
  for (const [index, { name, dtype, shape, data }] of tensors.entries()) {
    await writeSpoolFile(join(part, String(index)), new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    entries.push({ name, dtype, shape: [...shape], bytes: data.byteLength, chunks: [] });
  }
  try {
    await rename(part, dir);
  } catch (cause) {
    throw new SpoolError(diskFault(dir, cause), { cause });
  }
  return entries;
}

/** A checkpoint from its manifest and the tensor files in `dir`. @throws SpoolError */
export async function readCheckpoint(manifest: CheckpointManifest, dir: string): Promise<Checkpoint> {
  const tensors: StoredTensor[] = [];
  for (const [index, { name, dtype, shape, bytes }] of manifest.tensors.entries()) {
    const path = join(dir, String(index));
    const stored = await readFile(path).catch((cause: Error) => {
      throw new SpoolError(`${path} cannot be read: ${cause.message}`, { cause });
    });
    if (stored.byteLength !== bytes)
      throw new SpoolError(`${path} has ${stored.byteLength} bytes, the manifest says ${bytes}`, { cause: undefined });
    const copy = new Uint8Array(stored); // its own buffer, aligned for the element type
    tensors.push({ name, dtype, shape, data: new ARRAYS[dtype](copy.buffer) });
  }
  return { step: manifest.step, state: manifest.state, tensors };
}
