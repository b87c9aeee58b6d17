import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { StoredTensor } from '../method.ts';
import { decodeSafetensors, encodeSafetensors } from './safetensors.ts';

const tensors: StoredTensor[] = [
  { name: 'mask', dtype: 'uint8', shape: [3], data: Uint8Array.of(1, 0, 255) },
  { name: 'conv/kernel', dtype: 'float32', shape: [2, 2], data: Float32Array.of(1.5, -0, Number.NaN, 3e-45) },
  { name: 'moment', dtype: 'float64', shape: [], data: Float64Array.of(Math.PI) },
  { name: 'steps', dtype: 'int32', shape: [2], data: Int32Array.of(-1, 2 ** 31 - 1) },
  { name: 'none', dtype: 'float32', shape: [0, 4], data: new Float32Array(0) },
];

const withHeader = (header: string, data: number[] = []): Uint8Array => {
  const json = new TextEncoder().encode(header);
  const file = new Uint8Array(8 + json.length + data.length);
  new DataView(file.buffer).setBigUint64(0, BigInt(json.length), true);
  file.set(json, 8);
  file.set(data, 8 + json.length);
  return file;
};

describe('safetensors', () => {
  it('gives back every tensor bit for bit, from any offset of a buffer', () => {
    const file = encodeSafetensors(tensors, { method: 'zen-nas' });
    const shifted = Buffer.concat([Uint8Array.of(9), file]).subarray(1);
    const decoded = decodeSafetensors(shifted, 'w');
    assert.deepEqual(
      decoded.map(({ name }) => name),
      ['moment', 'conv/kernel', 'steps', 'none', 'mask'],
    );
    for (const tensor of tensors) {
      const found = decoded.find(({ name }) => name === tensor.name);
      assert.deepEqual(found, tensor);
    }
    shifted.fill(0);
    assert.equal(decoded[0]?.data[0], Math.PI);
  });

  it('has the layout of the format', () => {
    const file = encodeSafetensors([{ name: 'a', dtype: 'uint8', shape: [2], data: Uint8Array.of(7, 8) }]);
    const headerBytes = Number(new DataView(file.buffer).getBigUint64(0, true));
    assert.equal(headerBytes % 8, 0);
    assert.deepEqual(JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + headerBytes))), {
      a: { dtype: 'U8', shape: [2], data_offsets: [0, 2] },
    });
    assert.deepEqual([...file.subarray(8 + headerBytes)], [7, 8]);
  });

  it('refuses to write two tensors of one name or a shape that does not fit', () => {
    const one: StoredTensor = { name: 'a', dtype: 'uint8', shape: [1], data: Uint8Array.of(1) };
    assert.throws(() => encodeSafetensors([one, one]), /two tensors are named "a"/);
    assert.throws(() => encodeSafetensors([{ ...one, shape: [2] }]), /"a" of shape \[2\] and uint8 has 1 bytes/);
  });

  for (const [what, file, message] of [
    ['a short file', Uint8Array.of(1, 2), /shorter than 8/],
    ['a header past the end', withHeader('{}').subarray(0, 9), /header of 2 bytes does not fit/],
    ['a header that is no JSON', withHeader('{"a"'), /header is not JSON/],
    ['a damaged entry', withHeader('{"a":{"dtype":"U8","shape":[-1],"data_offsets":[0,1]}}', [1]), /entry of "a"/],
    ['an unknown type', withHeader('{"a":{"dtype":"BF16","shape":[1],"data_offsets":[0,2]}}', [1, 2]), /type BF16/],
    ['a hole', withHeader('{"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}', [1, 2]), /lies at 1..2/],
    ['a tensor past the end', withHeader('{"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]}}', [1]), /lies at 0..3/],
    ['a wrong shape', withHeader('{"a":{"dtype":"U8","shape":[3],"data_offsets":[0,1]}}', [1]), /shape \[3\] has 1/],
    ['left-over bytes', withHeader('{}', [1]), /1 bytes belong to no tensor/],
  ] as const)
    it(`refuses to read ${what}`, () => assert.throws(() => decodeSafetensors(file, 'w'), message));
});
