/** @file T16: sweeps, scrubs and removals run in a loop against uploads that share chunks. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe } from 'node:test';
import { CrucibleError } from '@crucible/contracts';
import { withDatabase } from '../support/database.ts';
import { eachRound } from '../support/fault-rounds.ts';
import { startJob } from '../support/running-attempt.ts';
import { ageChunks, damage, hashOf, prepare, upload } from '../support/stored-checkpoints.ts';

const NUM_JOBS = 3;
const NUM_UPLOADS = 25;

const { store, sql } = await withDatabase();

/** Committed checkpoints whose manifest names a chunk that is not there, at one moment. */
const holes = async (): Promise<unknown[]> =>
  (
    await sql.query(
      `select c.id, h.hash from checkpoint c
         cross join json_array_elements(c.manifest -> 'tensors') t
         cross join json_array_elements_text(t -> 'chunks') h (hash)
       where c.state = 'committed'
         and (not exists (select from chunk k where k.sha256 = decode(h.hash, 'hex'))
           or not exists (select from checkpoint_chunk k where k.checkpoint_id = c.id and k.sha256 = decode(h.hash, 'hex')))`,
    )
  ).rows;

/** True for one of two that waited for each other, which Postgres sends away: whoever it is comes again. */
const isDeadlock = (error: unknown): boolean =>
  (error as { code?: unknown }).code === '40P01' || (error instanceof CrucibleError && error.code === 'unavailable');

/** An upload that is begun again as the worker does it: chunks that were swept or condemned meanwhile are sent again. */
async function uploadUntilStored(...args: Parameters<typeof upload>): Promise<void> {
  for (let tries = 1; ; tries++)
    try {
      await upload(...args);
      return;
    } catch (error) {
      const isTorn = error instanceof CrucibleError && error.code === 'checkpoint-corrupt';
      if (!(isTorn || isDeadlock(error)) || tries === 20) throw error;
    }
}

describe('no committed manifest misses a chunk', () => {
  eachRound('while sweep, scrub, keep rules, removals and damage run against uploads', async (draw) => {
    const pieces = Array.from({ length: 8 }, () => randomBytes(64));
    const pick = () => pieces[draw(pieces.length)] ?? assert.fail('drawn beyond the end');
    const uploading = new AbortController();
    const whileUploading = async (work: () => Promise<unknown>): Promise<number> => {
      let num = 0;
      for (; !uploading.signal.aborted; num++)
        await work().catch((error) => {
          if (!isDeadlock(error)) throw error;
        });
      return num;
    };
    const jobs = await Promise.all(
      Array.from({ length: NUM_JOBS }, () =>
        startJob(store, { keep: { last: 1 + draw(3), best: 0, metric: null, mode: 'max' } }),
      ),
    );
    const uploads = Promise.all(
      jobs.map(async ({ attempt }) => {
        for (let step = 1; step <= NUM_UPLOADS; step++)
          await uploadUntilStored(store, attempt, prepare(step, [pick(), pick(), randomBytes(8)]));
      }),
    ).finally(() => uploading.abort());
    const removeOne = async () => {
      const { job } = jobs[draw(jobs.length)] ?? assert.fail('drawn beyond the end');
      const [, second] = (await store.checkpoints.list(job.id)).filter(({ state }) => state === 'committed');
      if (second === undefined) return;
      await store.checkpoints.remove(second.id).catch((error) => {
        // a rule was faster, or the scrub made it the newest
        if (!(error instanceof CrucibleError && ['not-found', 'checkpoint-in-use'].includes(error.code))) throw error;
      });
    };
    const damageOne = async () => {
      await damage(sql, hashOf(pick()), draw(64)).catch(() => {}); // it is not stored just now
      await store.checkpoints.scrub(1);
    };
    const [, ...counts] = await Promise.all([
      uploads,
      whileUploading(async () => {
        await ageChunks(sql);
        await store.checkpoints.sweep();
      }),
      whileUploading(() => store.checkpoints.sweep()),
      whileUploading(async () => assert.deepEqual(await holes(), [])),
      whileUploading(removeOne),
      whileUploading(damageOne),
    ]);
    assert.ok(
      counts.every((num) => num > 1),
      `loops that ran: ${counts.join(', ')}`,
    );
    await store.checkpoints.scrub(1);
    assert.deepEqual(await holes(), []);
    for (const { job } of jobs)
      for (const { id } of (await store.checkpoints.list(job.id)).filter(({ state }) => state === 'committed'))
        await store.checkpoints.verify(id);
  });
});
