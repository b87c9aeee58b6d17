import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { createSpillQueue, type SpillQueue } from './spill-queue.ts';
import { createSpoolBudget, type SpoolBudget } from './spool-budget.ts';

describe('a spill queue', () => {
  let folder = '';
  let budget: SpoolBudget;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'spill-'));
  });
  after(() => rm(folder, { recursive: true }));
  beforeEach(() => {
    budget = createSpoolBudget(2 ** 20);
  });
  const pathOf = () => join(folder, 'metrics');
  const queueOf = () => createSpillQueue<number>({ path: pathOf(), budget, memoryItems: 4 });
  const drain = (queue: SpillQueue<number>): number[] => {
    const all: number[] = [];
    while (queue.length > 0) {
      const items = queue.peek(3);
      assert.ok(items.length > 0);
      all.push(...items);
      queue.drop(items.length);
    }
    return all;
  };
  const upTo = (last: number) => Array.from({ length: last }, (_, at) => at + 1);

  it('keeps the order through memory, disk and memory, also of values that JSON does not have', () => {
    const queue = queueOf();
    const items = [...upTo(50), Number.NaN, Number.NEGATIVE_INFINITY];
    for (let at = 0; at < items.length; at += 3) queue.push(items.slice(at, at + 3));
    assert.equal(queue.length, items.length);
    assert.ok(budget.bytes > 0);
    assert.deepEqual(drain(queue), items);
    assert.equal(budget.bytes, 0);
    queue.close();
  });

  it('starts its file anew once it is empty, and leaves none behind', () => {
    const queue = queueOf();
    for (const round of [1, 2]) {
      for (const item of upTo(30)) queue.push([round * item]);
      assert.deepEqual(
        drain(queue),
        upTo(30).map((item) => round * item),
      );
    }
    for (const item of upTo(30)) queue.push([item]);
    queue.close();
    assert.equal(existsSync(pathOf()), false);
    assert.equal(budget.bytes, 0);
  });

  it('does not hand on what the disk has changed or cut', async () => {
    for (const damage of ['flip', 'cut']) {
      const queue = queueOf();
      for (const item of upTo(20)) queue.push([item]);
      const file = await open(pathOf(), 'r+');
      if (damage === 'flip') await file.write(Buffer.from([0xff]), 0, 1, 20);
      else await file.truncate(12);
      await file.close();
      assert.throws(() => drain(queue), damage === 'flip' ? /damaged at byte 0/ : /ends at byte 12/);
      queue.close();
    }
  });

  it('tells children to wait at the limit, and takes nothing once that has not helped', () => {
    budget = createSpoolBudget(200, 200);
    const heard: boolean[] = [];
    budget.watch((isFull) => heard.push(isFull));
    const queue = queueOf();
    const fill = () => {
      for (const item of upTo(1000)) queue.push([item]);
    };
    assert.throws(fill, /wait on disk to be stored/);
    assert.deepEqual(heard, [true]);
    const kept = drain(queue);
    assert.deepEqual(kept, upTo(kept.length));
    assert.deepEqual(heard, [true, false]);
    queue.close();
  });
});
