import type { TensorDtype } from '@crucible/contracts';
import { DataError, type StoredTensor } from '../method.ts';

/**
 * @file Safetensors: u64 little-endian header length, JSON header padded with spaces to 8 bytes, then the tensors'
 * little-endian bytes. The bytes of typed arrays are written as they are: every platform with a tensor engine is
 * little-endian.
 */

const DTYPES = {
  float64: { code: 'F64', bytes: 8, make: (buffer: ArrayBuffer) => new Float64Array(buffer) },
  float32: { code: 'F32', bytes: 4, make: (buffer: ArrayBuffer) => new Float32Array(buffer) },
  int32: { code: 'I32', bytes: 4, make: (buffer: ArrayBuffer) => new Int32Array(buffer) },
  uint8: { code: 'U8', bytes: 1, make: (buffer: ArrayBuffer) => new Uint8Array(buffer) },
} as const satisfies Record<TensorDtype, unknown>;

const MAX_HEADER_BYTES = 100_000_000;

const elements = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);

/**
 * One safetensors file. Wider element types come first, so that each tensor is aligned for readers that map the file;
 * the order is otherwise kept.
 *
 * @throws RangeError if two tensors share a name or a shape does not fit its data
 */
export function encodeSafetensors(tensors: readonly StoredTensor[], metadata?: Record<string, string>): Uint8Array {
  const ordered = tensors.toSorted((a, b) => DTYPES[b.dtype].bytes - DTYPES[a.dtype].bytes);
  const entries: Record<string, unknown> = metadata === undefined ? {} : { __metadata__: metadata };
  let offset = 0;
  for (const { name, dtype, shape, data } of ordered) {
    if (Object.hasOwn(entries, name) || name === '__metadata__')
      throw new RangeError(`two tensors are named "${name}"; each name may be used once`);
    if (data.byteLength !== elements(shape) * DTYPES[dtype].bytes)
      throw new RangeError(`tensor "${name}" of shape [${shape}] and ${dtype} has ${data.byteLength} bytes of data`);
    entries[name] = { dtype: DTYPES[dtype].code, shape, data_offsets: [offset, offset + data.byteLength] };
    offset += data.byteLength;
  }
  const json = new TextEncoder().encode(JSON.stringify(entries));
  const headerBytes = Math.ceil(json.length / 8) * 8;
  const file = new Uint8Array(8 + headerBytes + offset);
  new DataView(file.buffer).setBigUint64(0, BigInt(headerBytes), true);
  file.fill(0x20, 8, 8 + headerBytes);
  file.set(json, 8);
  let at = 8 + headerBytes;
  for (const { data } of ordered) {
    file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return file;
}

interface HeaderEntry {
  dtype: string;
  shape: number[];
  data_offsets: [number, number];
}

const isEntry = (value: unknown): value is HeaderEntry => {
  const { dtype, shape, data_offsets: offsets } = (value ?? {}) as Partial<Record<keyof HeaderEntry, unknown>>;
  const isSize = (size: unknown) => Number.isSafeInteger(size) && (size as number) >= 0;
  return (
    typeof dtype === 'string' &&
    Array.isArray(shape) &&
    shape.every(isSize) &&
    Array.isArray(offsets) &&
    offsets.length === 2 &&
    offsets.every(isSize)
  );
};

const refuseFile = (file: string, what: string): never => {
  throw new DataError(`${file} is not a whole safetensors file: ${what}.`);
};

const readHeader = (bytes: Uint8Array, file: string): { header: Record<string, unknown>; headerBytes: number } => {
  if (bytes.length < 8) refuseFile(file, 'it is shorter than 8 bytes');
  const headerBytes = Number(new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true));
  if (headerBytes > MAX_HEADER_BYTES || 8 + headerBytes > bytes.length)
    refuseFile(file, `its header of ${headerBytes} bytes does not fit`);
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(8, 8 + headerBytes));
    return { header: JSON.parse(text) ?? {}, headerBytes };
  } catch {
    return refuseFile(file, 'its header is not JSON');
  }
};

/**
 * What a safetensors file says of itself, as plain strings; empty if it says nothing.
 *
 * @param file names the source in errors
 * @throws DataError if the header is damaged
 */
export function safetensorsMetadata(bytes: Uint8Array, file: string): Readonly<Record<string, unknown>> {
  const { __metadata__: metadata } = readHeader(bytes, file).header;
  return typeof metadata === 'object' && metadata !== null ? (metadata as Record<string, unknown>) : {};
}

/**
 * The tensors of a safetensors file, in the order of their bytes.
 *
 * @param file names the source in errors
 * @throws DataError if the header is damaged, an element type is not known, or the tensors do not fill the file
 */
export function decodeSafetensors(bytes: Uint8Array, file: string): StoredTensor[] {
  const refuse = (what: string): never => refuseFile(file, what);
  const { header, headerBytes } = readHeader(bytes, file);
  const entries = Object.entries(header)
    .filter(([name]) => name !== '__metadata__')
    .map(([name, entry]) => (isEntry(entry) ? { name, ...entry } : refuse(`the entry of "${name}" is damaged`)))
    .sort((a, b) => a.data_offsets[0] - b.data_offsets[0] || a.data_offsets[1] - b.data_offsets[1]);
  const data = bytes.subarray(8 + headerBytes);
  let expected = 0;
  const tensors = entries.map(({ name, dtype: code, shape, data_offsets: [start, end] }): StoredTensor => {
    const dtype = (Object.keys(DTYPES) as TensorDtype[]).find((known) => DTYPES[known].code === code);
    if (dtype === undefined) return refuse(`"${name}" has element type ${code}; F64, F32, I32 and U8 are read`);
    if (start !== expected || end > data.length) refuse(`"${name}" lies at ${start}..${end}, expected ${expected}`);
    if (end - start !== elements(shape) * DTYPES[dtype].bytes)
      refuse(`"${name}" of shape [${shape}] has ${end - start} bytes`);
    expected = end;
    const copy = new Uint8Array(data.subarray(start, end)); // its own buffer, aligned for the element type
    return { name, dtype, shape, data: DTYPES[dtype].make(copy.buffer) };
  });
  if (expected !== data.length) refuse(`${data.length - expected} bytes belong to no tensor`);
  return tensors;
}
