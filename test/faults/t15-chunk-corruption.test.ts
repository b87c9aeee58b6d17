/** @file T15: a byte of a stored checkpoint is flipped, or a chunk is gone. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { after, before, describe } from 'node:test';
import type { NewJob } from '@crucible/store';
import { type AttemptRunParts, startAttempt } from '@crucible/worker/testing';
import { hasCode } from '../support/codes.ts';
import { withDatabase } from '../support/database.ts';
import { eachRound } from '../support/fault-rounds.ts';
import { claim, newJob, newWorker } from '../support/running-attempt.ts';
import { damage } from '../support/stored-checkpoints.ts';
import { TINY_SLOT, tinyAttemptParts } from '../support/tiny-attempts.ts';

const STEPS = 30;

const { store, sql } = await withDatabase();

describe('a damaged chunk', () => {
  let parts: AttemptRunParts;
  before(async () => {
    parts = await tinyAttemptParts(store);
  });
  after(() => rm(parts.dataDir, { recursive: true }));

  const submit = async (config: object, over: Partial<NewJob> = {}): Promise<string> => {
    const keep = { last: 3, best: 0, metric: null, mode: 'max' } as const;
    const whole = { steps: STEPS, every: 2, at: -1, fault: 'none', ...config };
    return (await store.jobs.submit(newJob({ method: 'tiny', keep, config: whole, ...over }))).value.id;
  };
  const runNext = async (jobId: string): Promise<void> => {
    const { workerId } = await store.workers.register(newWorker());
    await startAttempt(await claim(store, jobId, workerId), [TINY_SLOT], parts).ended;
  };
  const result = async (jobId: string) => {
    const hash = createHash('sha256');
    for await (const chunk of (await store.artifacts.open(jobId, 'weights.bin')).chunks) hash.update(chunk);
    const { steps, values } = await store.metrics.points(jobId, { key: 'train/loss', maxPoints: 1000 });
    return { steps, values, weights: hash.digest('hex') };
  };
  /**
   * A job of which one attempt after the other threw, before each of these steps, and that is queued again without a
   * fault. An attempt stores its last checkpoint at least, before it ends.
   */
  const interrupted = async (steps: readonly number[]): Promise<string> => {
    const jobId = await submit({}, { seed: 42 });
    const configure = (at: number, fault: string) =>
      sql.query('update job set config = config || $2 where id = $1', [jobId, { at, fault }]);
    for (const at of steps) {
      await configure(at, 'throw');
      await runNext(jobId);
      await store.jobs.retry(jobId);
    }
    await configure(-1, 'none');
    return jobId;
  };
  const committed = async (jobId: string) =>
    (await store.checkpoints.list(jobId)).filter(({ state }) => state === 'committed');
  const chunkOf = async (checkpointId: string): Promise<string> =>
    (await store.checkpoints.manifest(checkpointId)).tensors[0]?.chunks[0] ?? assert.fail('it has no chunk');

  eachRound(
    'sends the next attempt back to the checkpoint before, and the end is that of a quiet run',
    async (draw) => {
      const quiet = await submit({}, { seed: 42 });
      await runNext(quiet);
      // One after another, until nothing is left to go on from: a run from the beginning is right, too.
      for (const numDamaged of [1, 2, 3]) {
        const first = 3 + draw(6);
        const second = first + 3 + draw(6);
        const jobId = await interrupted([first, second, second + 3 + draw(6)]);
        const usable = await committed(jobId);
        assert.equal(usable.length, 3);
        for (const { id } of usable.slice(0, numDamaged)) {
          const hash = await chunkOf(id);
          if (draw(2) === 0) await damage(sql, hash, draw(12));
          else await sql.query('delete from chunk where sha256 = $1', [Buffer.from(hash, 'hex')]);
          await assert.rejects(store.checkpoints.readChunk(hash), hasCode('checkpoint-corrupt'));
        }
        await runNext(jobId);
        assert.equal((await store.jobs.get(jobId)).state, 'succeeded');
        const last = (await store.attempts.list(jobId)).at(-1);
        assert.equal(last?.resumedFromStep ?? null, usable[numDamaged]?.step ?? null);
        for (const { id } of usable.slice(0, numDamaged))
          assert.equal((await store.checkpoints.get(id)).state, 'corrupt');
        assert.deepEqual(await result(jobId), await result(quiet));
      }
    },
  );

  eachRound('is found by the scrub before anybody reads it', async (draw) => {
    const jobId = await interrupted([7, 14, 21]);
    const usable = await committed(jobId);
    const chosen = usable[draw(usable.length)] ?? assert.fail('nothing to damage');
    const hash = await chunkOf(chosen.id);
    await damage(sql, hash, draw(12));
    const report = await store.checkpoints.scrub(1);
    assert.deepEqual(report.damaged, [hash]);
    assert.ok(report.corrupt.some(({ id }) => id === chosen.id));
    assert.equal((await store.checkpoints.get(chosen.id)).state, 'corrupt');
    assert.deepEqual((await store.checkpoints.scrub(1)).damaged, []);
    await runNext(jobId);
    assert.equal((await store.jobs.get(jobId)).state, 'succeeded');
  });

  eachRound('ends a job that was to begin with it, and does not let it begin from nothing', async (draw) => {
    const source = await submit({}, { seed: 42 });
    await runNext(source);
    const [newest] = await committed(source);
    const start = newest?.id ?? assert.fail('no checkpoint to start from');
    const fork = await submit({ steps: STEPS + 4 }, { seed: 42, fromCheckpoint: start });
    await damage(sql, await chunkOf(start), draw(12));
    for (let tries = 0; (await store.jobs.get(fork)).state === 'queued'; tries++) {
      assert.ok(tries < 10, 'it is tried for ever');
      await sql.query('update job set not_before = null where id = $1', [fork]);
      await runNext(fork);
    }
    const job = await store.jobs.get(fork);
    assert.deepEqual([job.state, job.endCode], ['failed', 'checkpoint-corrupt']);
    assert.equal((await store.metrics.series(fork)).length, 0);
  });
});
