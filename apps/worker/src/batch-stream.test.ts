import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it, mock } from 'node:test';
import { type BatchStreamOptions, createBatchStream } from './batch-stream.ts';

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('a batch stream', () => {
  let sent: { sequence: number; items: number[] }[] = [];
  let faults: unknown[] = [];
  const streamOf = (options: Partial<BatchStreamOptions<number>> = {}) =>
    createBatchStream<number>({
      maxItems: 3,
      maxAgeMs: 1000,
      maxWaiting: 100,
      send: async (sequence, items) => sent.push({ sequence, items: [...items] }),
      onFault: (error) => faults.push(error),
      ...options,
    });

  beforeEach(() => {
    sent = [];
    faults = [];
    mock.timers.enable({ apis: ['setTimeout'] });
  });
  afterEach(() => mock.timers.reset());

  it('numbers full batches from 1 and lets a rest wait for its age', async () => {
    const stream = streamOf();
    stream.push([1, 2, 3, 4]);
    await turn();
    assert.deepEqual(sent, [{ sequence: 1, items: [1, 2, 3] }]);
    mock.timers.tick(999);
    await turn();
    assert.equal(sent.length, 1);
    mock.timers.tick(1);
    await turn();
    assert.deepEqual(sent[1], { sequence: 2, items: [4] });
    assert.equal(stream.lastSequence, 2);
  });

  it('sends a rest at once for whoever waits for it', async () => {
    const stream = streamOf();
    stream.push([1]);
    await stream.stored();
    assert.deepEqual(sent, [{ sequence: 1, items: [1] }]);
    await stream.stored(); // nothing more to wait for
  });

  it('keeps the order while a batch cannot be sent', async () => {
    let open = () => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const stream = streamOf({
      send: async (sequence, items) => {
        if (sequence === 1) await gate;
        sent.push({ sequence, items: [...items] });
      },
    });
    stream.push([1, 2, 3]);
    await turn();
    stream.push([4]);
    const first = stream.stored();
    stream.push([5, 6, 7, 8]);
    open();
    await first;
    await stream.stored();
    assert.deepEqual(
      sent.map(({ items }) => items),
      [
        [1, 2, 3],
        [4, 5, 6],
        [7, 8],
      ],
    );
    assert.deepEqual(
      sent.map(({ sequence }) => sequence),
      [1, 2, 3],
    );
  });

  it('fails once, for everyone who waits and whoever asks later', async () => {
    const stream = streamOf({ send: () => Promise.reject(new Error('refused')) });
    stream.push([1]);
    await assert.rejects(stream.stored(), /refused/);
    stream.push([2]);
    await assert.rejects(stream.stored(), /refused/);
    assert.equal(faults.length, 1);
  });

  it('fails rather than grow without bound', () => {
    const stream = streamOf({ maxWaiting: 5, send: () => new Promise(() => {}) });
    stream.push([1, 2, 3]);
    stream.push([4, 5]);
    assert.equal(faults.length, 0);
    stream.push([6]);
    assert.match(String(faults[0]), /5 items wait/);
  });
});
