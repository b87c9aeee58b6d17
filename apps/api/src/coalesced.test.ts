import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { coalesced } from './coalesced.ts';

/** Work that ends when told. */
const gatedWork = () => {
  const gates: (() => void)[] = [];
  let running = 0;
  let most = 0;
  return {
    work: async () => {
      most = Math.max(most, ++running);
      await new Promise<void>((open) => gates.push(open));
      running -= 1;
    },
    starts: () => gates.length,
    most: () => most,
    open: async () => {
      gates.at(-1)?.();
      await new Promise(setImmediate);
    },
  };
};

describe('coalesced', () => {
  it('turns any number of calls during a run into one more run', async () => {
    const gated = gatedWork();
    const { trigger, settled } = coalesced(gated.work);
    for (let i = 0; i < 5; i++) trigger();
    assert.equal(gated.starts(), 1);
    await gated.open();
    assert.equal(gated.starts(), 2);
    await gated.open();
    await settled();
    assert.deepEqual([gated.starts(), gated.most()], [2, 1]);
  });

  it('runs again after it has come to rest', async () => {
    const gated = gatedWork();
    const { trigger, settled } = coalesced(gated.work);
    for (const runs of [1, 2]) {
      trigger();
      assert.equal(gated.starts(), runs);
      await gated.open();
      await settled();
    }
  });
});
