import type { StoredTensor } from '../method.ts';
import { keptValues, type Run } from './run-state.ts';

/** In which epochs the observed label of each sample was fit: a row per epoch, a bit per sample, lowest bit first. */
export interface FitBits {
  bytes: Uint8Array;
  rowBytes: number;
}

const nameOf = (cell: number): string => `fit-bits/${cell}`;

/** The bits of a cell as far as they were kept. */
export function readFits(run: Run, cell: number, epochs: number, samples: number): FitBits {
  const rowBytes = Math.ceil(samples / 8);
  const found = keptValues(run, nameOf(cell));
  return { bytes: found instanceof Uint8Array ? found.slice() : new Uint8Array(epochs * rowBytes), rowBytes };
}

/** Writes the row of an epoch, from 0. */
export function writeFits(
  { bytes, rowBytes }: FitBits,
  epoch: number,
  classes: Int32Array,
  observed: Int32Array,
): void {
  const row = bytes.subarray(epoch * rowBytes, (epoch + 1) * rowBytes).fill(0);
  observed.forEach((label, i) => {
    if (classes[i] === label) row[i >> 3] = (row[i >> 3] as number) | (1 << (i & 7));
  });
}

/** The bits as a tensor `[epochs, bytes]`. */
export const packedFits = ({ bytes, rowBytes }: FitBits, cell: number, epochs: number): StoredTensor => ({
  name: nameOf(cell),
  dtype: 'uint8',
  shape: [epochs, rowBytes],
  data: bytes,
});
