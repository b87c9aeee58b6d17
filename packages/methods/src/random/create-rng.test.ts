import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createRng } from './create-rng.ts';
import { gaussianPair } from './gaussian-pair.ts';

describe('createRng', () => {
  it('gives the same numbers for the same seed and name, others for another seed or name', () => {
    const draw = (seed: number, name: string) => {
      const rng = createRng(seed, name);
      return Array.from({ length: 6 }, () => rng.uint32());
    };
    assert.deepEqual(draw(7, 'a'), draw(7, 'a'));
    assert.notDeepEqual(draw(7, 'a'), draw(7, 'b'));
    assert.notDeepEqual(draw(7, 'a'), draw(8, 'a'));
    assert.notDeepEqual(draw(1, '1a'), draw(11, 'a'));
  });

  it('keeps its stream: these numbers are part of the contract of stored results', () => {
    const rng = createRng(0, 'contract');
    assert.deepEqual([rng.uint32(), rng.uint32(), rng.uint32()], [3173184403, 2622681931, 4279490973]);
  });

  it('fills with the very numbers that single draws give, from any position', () => {
    for (const drawnBefore of [0, 1, 2, 3, 5])
      for (const wordsBefore of [0, 1, 3])
        for (const length of [0, 1, 2, 7, 8, 13]) {
          const single = createRng(3, 'fill');
          const filled = createRng(3, 'fill');
          for (let i = 0; i < wordsBefore; i++) assert.equal(single.uint32(), filled.uint32());
          for (let i = 0; i < drawnBefore; i++) assert.equal(single.normal(), filled.normal());
          const out = new Float64Array(length);
          filled.fillNormal(out);
          assert.deepEqual(
            [...out],
            Array.from(out, () => single.normal()),
          );
          assert.equal(filled.normal(), single.normal());
          assert.equal(filled.uint32(), single.uint32());
        }
  });

  it('has normals with the moments and tails of N(0, 1)', () => {
    const out = new Float32Array(400_000);
    createRng(1, 'moments').fillNormal(out);
    const moment = (power: number) => out.reduce((sum, z) => sum + z ** power, 0) / out.length;
    assert.ok(Math.abs(moment(1)) < 0.008, `mean ${moment(1)}`);
    assert.ok(Math.abs(moment(2) - 1) < 0.012, `variance ${moment(2)}`);
    assert.ok(Math.abs(moment(3)) < 0.03, `third ${moment(3)}`);
    assert.ok(Math.abs(moment(4) - 3) < 0.1, `fourth ${moment(4)}`);
    const beyondTwo = out.filter((z) => Math.abs(z) > 2).length / out.length;
    assert.ok(Math.abs(beyondTwo - 0.0455) < 0.002, `tail ${beyondTwo}`);
  });

  it('draws below n without favour and refuses a range it cannot give', () => {
    const rng = createRng(5, 'below');
    const counts = new Int32Array(7);
    for (let i = 0; i < 70_000; i++) {
      const k = rng.below(7);
      counts[k] = (counts[k] ?? 0) + 1;
    }
    for (const count of counts) assert.ok(Math.abs(count - 10_000) < 450, `${counts}`);
    for (const n of [0, -1, 1.5, 2 ** 32 + 1, Number.NaN]) assert.throws(() => rng.below(n), /below: want an integer/);
  });

  it('has uniforms in [0, 1) with mean one half', () => {
    const rng = createRng(6, 'uniform');
    let sum = 0;
    for (let i = 0; i < 50_000; i++) {
      const u = rng.uniform();
      assert.ok(u >= 0 && u < 1);
      sum += u;
    }
    assert.ok(Math.abs(sum / 50_000 - 0.5) < 0.006);
  });

  it('permutes: every index once, every first element equally often', () => {
    const rng = createRng(9, 'permutation');
    const first = new Int32Array(5);
    for (let i = 0; i < 20_000; i++) {
      const order = rng.permutation(5);
      assert.deepEqual([...order].sort(), [0, 1, 2, 3, 4]);
      first[order[0] as number] = (first[order[0] as number] ?? 0) + 1;
    }
    for (const count of first) assert.ok(Math.abs(count - 4000) < 270, `${first}`);
    assert.equal(rng.permutation(0).length, 0);
  });
});

describe('gaussianPair', () => {
  it('is Box-Muller to the accuracy of a double', () => {
    const rng = createRng(2, 'pair');
    const out = new Float64Array(2);
    const words = [0, 1, 2, 3, 0x7fffffff, 0x80000000, 0xffc00000, 0xfffffffe, 0xffffffff];
    const pairs = words.flatMap((a) => words.map((b) => [a, b] as const));
    for (let i = 0; i < 20_000; i++) pairs.push([rng.uint32(), rng.uint32()]);
    for (const [a, b] of pairs) {
      gaussianPair(out, 0, Uint32Array.of(a, b), 0);
      const radius = Math.sqrt(-2 * Math.log((a + 0.5) / 2 ** 32));
      const angle = (2 * Math.PI * b) / 2 ** 32;
      assert.ok(Math.abs((out[0] as number) - radius * Math.cos(angle)) < 1e-11, `${a} ${b}`);
      assert.ok(Math.abs((out[1] as number) - radius * Math.sin(angle)) < 1e-11, `${a} ${b}`);
    }
  });
});
