import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, it, mock } from 'node:test';
import { type BatchStreamOptions, createBatchStream } from './batch-stream.ts';
import { createSpillQueue } from './spill-queue.ts';
import { createSpoolBudget } from './spool-budget.ts';

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('a batch stream', () => {
  let sent: { sequence: number; items: number[] }[] = [];
  let faults: unknown[] = [];
  let folder = '';
  let files = 0;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'batches-'));
  });
  after(() => rm(folder, { recursive: true }));
  const waitingOf = (limitBytes: number, memoryItems = 4) =>
    createSpillQueue<number>({
      path: join(folder, `stream-${++files}`),
      budget: createSpoolBudget(limitBytes, 0),
      memoryItems,
    });
  const streamOf = (options: Partial<BatchStreamOptions<number>> = {}) =>
    createBatchStream<number>({
      maxItems: 3,
      maxAgeMs: 1000,
      waiting: waitingOf(2 ** 20, 100),
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

  it('keeps what does not fit into memory on disk, and sends it in order once it can', async () => {
    let open = () => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const all: number[] = [];
    const stream = streamOf({
      waiting: waitingOf(2 ** 20),
      send: async (_, items) => {
        await gate;
        all.push(...items);
      },
    });
    const items = Array.from({ length: 40 }, (_, at) => at);
    for (const item of items) stream.push([item]);
    const stored = stream.stored();
    open();
    await stored;
    assert.deepEqual(all, items);
    assert.equal(faults.length, 0);
  });

  it('fails rather than grow without bound', () => {
    const stream = streamOf({ waiting: waitingOf(100), send: () => new Promise(() => {}) });
    for (let item = 0; item < 100; item++) stream.push([item]);
    assert.equal(faults.length, 1);
    assert.match(String(faults[0]), /wait on disk to be stored/);
  });
});
