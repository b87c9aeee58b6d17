import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { CheckpointManifest, TensorDtype } from '@crucible/contracts';
import { safetensorsOf } from './safetensors.ts';

const tensor = (name: string, dtype: TensorDtype, shape: number[], chunks: string[], bytes: number) => ({
  name,
  dtype,
  shape,
  chunks,
  bytes,
});

const CHUNKS: Record<string, Uint8Array> = {
  a: Uint8Array.of(1, 2, 3),
  b: new Uint8Array(Float32Array.of(1.5, -2).buffer),
  c: new Uint8Array(Float32Array.of(8).buffer),
  d: new Uint8Array(Float64Array.of(Math.PI).buffer),
  e: new Uint8Array(Int32Array.of(-7).buffer),
};

const MANIFEST: CheckpointManifest = {
  format: 1,
  method: 'zen-nas',
  step: 12,
  state: { b: 1, a: [2] },
  tensors: [
    tensor('mask', 'uint8', [3], ['a'], 3),
    tensor('weights "q"', 'float32', [3, 1], ['b', 'c'], 12),
    tensor('moments', 'float64', [1], ['d'], 8),
    tensor('7', 'int32', [], ['e'], 4),
    tensor('none', 'float32', [0], [], 0),
  ],
};

const sizes = new Map(Object.entries(CHUNKS).map(([hash, bytes]) => [hash, bytes.byteLength]));

/** The file of a manifest, with the chunks that were read for it. */
function open(manifest = MANIFEST) {
  const reads: string[] = [];
  const file = safetensorsOf(manifest, sizes, async (hash) => {
    reads.push(hash);
    return CHUNKS[hash] ?? assert.fail(`no chunk ${hash}`);
  });
  const between = async (first: number, last: number) => {
    const pieces: Uint8Array[] = [];
    for await (const piece of file.bytes({ first, last })) pieces.push(piece);
    return Buffer.concat(pieces);
  };
  return { file, reads, between };
}

/** An independent reader of the format. */
function parse(file: Buffer) {
  const length = Number(file.readBigUInt64LE(0));
  const header = JSON.parse(file.subarray(8, 8 + length).toString('utf8'));
  return { length, header, data: file.subarray(8 + length) };
}

describe('safetensorsOf', () => {
  it('writes a header that names every tensor, and their bytes in a row, aligned', async () => {
    const { file, between } = open();
    const whole = await between(0, file.size - 1);
    assert.equal(whole.byteLength, file.size);
    const { length, header, data } = parse(whole);
    assert.equal(length % 8, 0);
    assert.deepEqual(header.__metadata__, {
      format: 'crucible',
      method: 'zen-nas',
      step: '12',
      state: '{"a":[2],"b":1}',
    });
    assert.equal(Object.keys(header).length, 6);
    assert.deepEqual(header['weights "q"'], { dtype: 'F32', shape: [3, 1], data_offsets: [8, 20] });
    const bytesOf = (name: string) => {
      const [from, to] = header[name].data_offsets;
      return new Uint8Array(data.subarray(from, to)).buffer;
    };
    assert.deepEqual([...new Float64Array(bytesOf('moments'))], [Math.PI]);
    assert.deepEqual([...new Float32Array(bytesOf('weights "q"'))], [1.5, -2, 8]);
    assert.deepEqual([...new Int32Array(bytesOf('7'))], [-7]);
    assert.deepEqual([...new Uint8Array(bytesOf('mask'))], [1, 2, 3]);
    assert.equal(bytesOf('none').byteLength, 0);
    const widths: Record<string, number> = { F64: 8, F32: 4, I32: 4, U8: 1 };
    for (const [name, entry] of Object.entries<{ dtype: string; data_offsets: number[] }>(header))
      if (name !== '__metadata__') assert.equal((entry.data_offsets[0] ?? 1) % (widths[entry.dtype] ?? 0), 0, name);
  });

  it('gives every range as it is in the whole, and reads no chunk beside it', async () => {
    const { file, between } = open();
    const whole = await between(0, file.size - 1);
    for (let first = 0; first < file.size; first += 3)
      for (let last = first; last < file.size; last += 5)
        assert.ok((await between(first, last)).equals(whole.subarray(first, last + 1)), `${first}-${last}`);
    const end = open();
    await end.between(file.size - 2, file.size - 1);
    assert.deepEqual(end.reads, ['a']);
  });

  it('is the same file for the same content, whatever the order of keys', async () => {
    const [one, other] = [open(), open({ ...MANIFEST, state: { a: [2], b: 1 } })];
    assert.ok((await one.between(0, one.file.size - 1)).equals(await other.between(0, other.file.size - 1)));
  });

  it('refuses names that would hide one another', () => {
    for (const name of ['__metadata__', 'moments'])
      assert.throws(
        () => open({ ...MANIFEST, tensors: [...MANIFEST.tensors, tensor(name, 'uint8', [0], [], 0)] }),
        /named/,
      );
  });
});
