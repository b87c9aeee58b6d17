import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import type { Keep } from '@crucible/contracts';
import type { AttemptFence } from '@crucible/store';
import { hasCode } from '../support/codes.ts';
import { withDatabase } from '../support/database.ts';
import { claim, newJob, newWorker, SUCCESS, startJob } from '../support/running-attempt.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { damage, hashOf, isStored, prepare, upload } from '../support/stored-checkpoints.ts';

const { store, sql } = await withDatabase();

const KEY = 'val/accuracy';
const keepOf = (over: Partial<Keep> = {}): Keep => ({ last: 1, best: 1, metric: KEY, mode: 'max', ...over });

/** Reports points as the next batch of an attempt. */
function reporter(attempt: AttemptFence) {
  let sequence = 0;
  return async (points: readonly (readonly [step: number, value: number])[]) => {
    sequence += 1;
    const batch = points.map(([step, value]) => ({ key: KEY, step, value, timeMs: 0 }));
    await store.metrics.appendBatch({ attemptId: attempt.attemptId, fence: attempt.fence, sequence, points: batch });
  };
}

const committed = async (jobId: string) =>
  (await store.checkpoints.list(jobId)).filter(({ state }) => state === 'committed');
const reasons = async (jobId: string) => (await committed(jobId)).map(({ step, keptFor }) => [step, keptFor]);

describe('the rule of a job', () => {
  it('keeps the best by the value at the step of a checkpoint, or just before', async () => {
    const { job, attempt } = await startJob(store, { keep: keepOf() });
    const report = reporter(attempt);
    for (const [step, value] of [
      [10, 0.5],
      [20, 0.9],
      [30, 0.7],
      [40, 0.8],
    ] as const) {
      await report([[step - 1, value]]);
      await upload(store, attempt, prepare(step, [randomBytes(20)]));
    }
    assert.deepEqual(await reasons(job.id), [
      [40, ['last']],
      [20, ['best']],
    ]);
    const [, best] = await committed(job.id);
    assert.equal(best?.metricValue, 0.9);
  });

  it('takes the least where less is better, and nothing that is not finite', async () => {
    const { job, attempt } = await startJob(store, { keep: keepOf({ mode: 'min' }) });
    const report = reporter(attempt);
    for (const [step, value] of [
      [1, 3],
      [2, Number.NaN],
      [3, Number.NEGATIVE_INFINITY],
      [4, 5],
    ] as const) {
      await report([[step, value]]);
      await upload(store, attempt, prepare(step, [randomBytes(20)]));
    }
    assert.deepEqual(await reasons(job.id), [
      [4, ['last']],
      [1, ['best']],
    ]);
  });

  it('does not credit a checkpoint with points of a branch that its attempt had left', async () => {
    const { job, attempt, workerId } = await startJob(store, { keep: keepOf({ last: 5 }) });
    await reporter(attempt)([[10, 0.2]]);
    await upload(store, attempt, prepare(10, [randomBytes(20)]));
    await store.attempts.release(attempt);
    const second = await claim(store, job.id, workerId);
    await reporter(second)([[15, 0.99]]);
    await store.attempts.release(second);
    const third = await claim(store, job.id, workerId);
    await upload(store, third, prepare(20, [randomBytes(20)]));
    const values = (await committed(job.id)).map(({ step, metricValue }) => [step, metricValue]);
    assert.deepEqual(values, [
      [20, 0.2],
      [10, 0.2],
    ]);
  });

  it('leaves the checkpoint that a live attempt resumed from, until the attempt has ended', async () => {
    const { job, attempt, workerId } = await startJob(store, { keep: keepOf({ best: 0 }) });
    await upload(store, attempt, prepare(1, [randomBytes(20)]));
    await store.attempts.release(attempt);
    const second = await claim(store, job.id, workerId);
    for (const step of [2, 3]) await upload(store, second, prepare(step, [randomBytes(20)]));
    assert.deepEqual(await reasons(job.id), [
      [3, ['last']],
      [1, ['in-use']],
    ]);
    await store.attempts.release(second);
    const third = await claim(store, job.id, workerId);
    await upload(store, third, prepare(4, [randomBytes(20)]));
    assert.deepEqual(await reasons(job.id), [
      [4, ['last']],
      [3, ['in-use']],
    ]);
  });
});

describe('a person', () => {
  it('pins a checkpoint against every rule, and annotates it', async () => {
    const { job, attempt } = await startJob(store, { keep: keepOf({ best: 0 }) });
    const id = await upload(store, attempt, prepare(1, [randomBytes(20)]));
    const view = await store.checkpoints.change(id, { pinned: true, note: 'before the switch' });
    assert.deepEqual([view.pinned, view.note, view.keptFor], [true, 'before the switch', ['last', 'pinned']]);
    for (const step of [2, 3]) await upload(store, attempt, prepare(step, [randomBytes(20)]));
    assert.deepEqual(await reasons(job.id), [
      [3, ['last']],
      [1, ['pinned']],
    ]);
    assert.equal((await store.checkpoints.change(id, { pinned: false })).note, 'before the switch');
    await upload(store, attempt, prepare(4, [randomBytes(20)]));
    assert.deepEqual(await reasons(job.id), [[4, ['last']]]);
    await assert.rejects(store.checkpoints.change(id, { pinned: true }), hasCode('not-found'));
    await assert.rejects(store.checkpoints.change(job.id, { pinned: true }), hasCode('not-found'));
  });

  it('removes a checkpoint that nothing needs', async () => {
    const { job, attempt, workerId } = await startJob(store, { keep: keepOf({ last: 9 }) });
    const [first = '', second = '', third = ''] = await ids(attempt, [1, 2, 3]);
    await store.checkpoints.change(first, { pinned: true });
    await assert.rejects(store.checkpoints.remove(first), hasCode('checkpoint-in-use'));
    await assert.rejects(store.checkpoints.remove(third), hasCode('checkpoint-in-use'));
    await store.checkpoints.remove(second);
    await assert.rejects(store.checkpoints.remove(second), hasCode('not-found'));
    await store.attempts.release(attempt);
    const next = await claim(store, job.id, workerId);
    await ids(next, [4]);
    await assert.rejects(store.checkpoints.remove(third), hasCode('checkpoint-in-use'));
    await store.attempts.finish({ ...next, ...SUCCESS });
    await store.checkpoints.remove(third);
    assert.deepEqual(
      (await committed(job.id)).map(({ step }) => step),
      [4, 1],
    );
  });
});

const ids = async (attempt: AttemptFence, steps: readonly number[]) => {
  const made: string[] = [];
  for (const step of steps) made.push(await upload(store, attempt, prepare(step, [randomBytes(20)])));
  return made;
};

describe('a preview', () => {
  it('says what a rule would remove and free, and changes nothing', async () => {
    const { job, attempt } = await startJob(store, { keep: keepOf({ last: 9, metric: null }) });
    const shared = randomBytes(100);
    for (const step of [1, 2, 3]) await upload(store, attempt, prepare(step, [shared, randomBytes(step)]));
    const preview = await store.checkpoints.previewKeep(job.id, { last: 1 });
    assert.deepEqual(preview.keep, keepOf({ metric: null }));
    assert.deepEqual(
      preview.removed.map(({ step }) => step),
      [2, 1],
    );
    assert.equal(preview.freedBytes, 3);
    assert.deepEqual((await store.checkpoints.previewKeep(job.id, {})).removed, []);
    assert.equal((await committed(job.id)).length, 3);
  });
});

describe('the storage of a team', () => {
  it('is counted with and without what is shared', async () => {
    await sql.query(`insert into team (id) values ('storage')`);
    const { attempt } = await startJob(store, { teamId: 'storage', keep: keepOf({ last: 9 }) });
    const shared = randomBytes(1000);
    await upload(store, attempt, prepare(1, [shared]));
    await upload(store, attempt, prepare(2, [shared, randomBytes(10)]));
    const file = { name: 'a.bin', mediaType: 'application/octet-stream', content: [shared] };
    await store.artifacts.store({ ...attempt, ...file });
    const usage = { team: 'storage', checkpoints: 2, artifacts: 1, logicalBytes: 3010, physicalBytes: 1010 };
    assert.deepEqual(await store.checkpoints.usage('storage'), usage);
  });
});

describe('a job that begins with a checkpoint of another', () => {
  it('keeps it, resumes from it, and later from its own', async () => {
    const { job, attempt } = await startJob(store, { keep: keepOf({ best: 0 }) });
    const start = await upload(store, attempt, prepare(7, [randomBytes(20)]));
    const { value: fork } = await store.jobs.submit(newJob({ fromCheckpoint: start }));
    assert.equal(fork.fromCheckpoint, start);
    await ids(attempt, [8, 9]);
    assert.deepEqual(await reasons(job.id), [
      [9, ['last']],
      [7, ['in-use']],
    ]);
    const { workerId: other } = await store.workers.register(newWorker());
    const first = await claim(store, fork.id, other);
    assert.deepEqual([first.resume?.id, first.resume?.manifest.step], [start, 7]);
    await ids(first, [8]);
    await store.attempts.release(first);
    assert.equal((await claim(store, fork.id, other)).resume?.manifest.step, 8);
  });

  it('is refused when the checkpoint does not fit', async () => {
    await sql.query(`insert into team (id) values ('others')`);
    const { attempt } = await startJob(store, { keep: keepOf({ best: 0 }) });
    const [gone = '', there = ''] = await ids(attempt, [1, 2]);
    const submit = (over: Partial<Parameters<typeof newJob>[0]>) => store.jobs.submit(newJob(over));
    await assert.rejects(submit({ fromCheckpoint: gone }), hasCode('invalid-request'));
    await assert.rejects(submit({ fromCheckpoint: there, method: 'coke' }), hasCode('invalid-request'));
    await assert.rejects(submit({ fromCheckpoint: there, teamId: 'others' }), hasCode('not-found'));
    await assert.rejects(submit({ fromCheckpoint: attempt.attemptId }), hasCode('not-found'));
  });

  it('does not begin from nothing when that checkpoint is damaged', async () => {
    const { attempt } = await startJob(store);
    const { workerId } = await store.workers.register(newWorker());
    const start = await upload(store, attempt, prepare(7, [randomBytes(20)]));
    const { value: fork } = await store.jobs.submit(newJob({ fromCheckpoint: start }));
    const { resume } = await claim(store, fork.id, workerId);
    assert.equal(resume?.id, start);
    await store.checkpoints.markCorrupt(start);
    await assert.rejects(store.checkpoints.latest(fork.id), hasCode('checkpoint-corrupt'));
  });
});

describe('the scrub', () => {
  it('reads every chunk within as many passes as its share says, and takes what is damaged out of use', async () => {
    const { job, attempt } = await startJob(store, { keep: keepOf({ last: 9 }) });
    const shared = randomBytes(30);
    await upload(store, attempt, prepare(1, [randomBytes(20)]));
    for (const step of [2, 3]) await upload(store, attempt, prepare(step, [shared, randomBytes(20)]));
    await damage(sql, hashOf(shared), 5);
    const passes = 4;
    const found: string[] = [];
    const corrupt: number[] = [];
    const { rows } = await sql.query<{ num: string }>('select count(*) as num from chunk');
    let numRead = 0;
    for (let pass = 0; pass < passes; pass++) {
      const report = await store.checkpoints.scrub(1 / passes);
      numRead += report.numRead;
      found.push(...report.damaged);
      corrupt.push(...report.corrupt.map(({ step }) => step));
    }
    assert.ok(numRead >= Number(rows[0]?.num) - 1, `${numRead} of ${rows[0]?.num} read`);
    assert.deepEqual(found, [hashOf(shared)]);
    assert.deepEqual(corrupt.sort(), [2, 3]);
    assert.equal(await isStored(sql, hashOf(shared)), false);
    assert.equal((await store.checkpoints.latest(job.id))?.manifest.step, 1);
    const events = await sql.query(`select data from event where job_id = $1 and kind = 'checkpoint.changed'`, [
      job.id,
    ]);
    assert.deepEqual(events.rows.map(({ data }) => [data.step, data.state]).sort(), [
      [2, 'corrupt'],
      [3, 'corrupt'],
    ]);
    const usable = await upload(store, attempt, prepare(4, [shared]));
    assert.equal((await store.checkpoints.verify(usable)).bytes, 30);
  });
});

/** What should be committed, by the words of the rule and nothing else. */
interface Modelled {
  step: number;
  value: number | null;
  pinned: boolean;
  order: number;
}

function kept(all: readonly Modelled[], { last, best, mode }: Keep, inUse: number | null): number[] {
  const newest = all.toSorted((a, b) => b.order - a.order).slice(0, last);
  const better = (a: Modelled, b: Modelled) =>
    (mode === 'max' ? Number(b.value) - Number(a.value) : Number(a.value) - Number(b.value)) || a.order - b.order;
  const finest = all
    .filter(({ value }) => value !== null)
    .toSorted(better)
    .slice(0, best);
  return all
    .filter((one) => newest.includes(one) || finest.includes(one) || one.pinned || one.order === inUse)
    .map(({ step }) => step);
}

it('keeps what a model of the rules keeps, for random rules, values, pins and resumes', async () => {
  for (let seed = 1; seed <= 12; seed++) {
    const draw = seededRandom(seed);
    const keep = keepOf({ last: 1 + draw(3), best: draw(3), mode: draw(2) === 0 ? 'max' : 'min' });
    const started = await startJob(store, { keep });
    const { job, workerId } = started;
    let { attempt } = started;
    let report = reporter(attempt);
    let model: Modelled[] = [];
    let inUse: number | null = null;
    let value: number | null = null;
    for (let step = 1; step <= 25; step++) {
      if (draw(4) > 0) {
        const drawn = draw(6);
        value = drawn === 5 ? null : drawn;
        await report([[step, value ?? Number.NaN]]);
      }
      const id = await upload(store, attempt, prepare(step, [randomBytes(16)]));
      model.push({ step, value, pinned: false, order: step });
      const steps = kept(model, keep, inUse);
      model = model.filter((one) => steps.includes(one.step));
      const views = (await committed(job.id)).toReversed();
      assert.deepEqual(
        views.map((view) => [view.step, view.metricValue]),
        model.map((one) => [one.step, one.value]),
        `seed ${seed}, step ${step}, rule ${JSON.stringify(keep)}`,
      );
      if (draw(6) === 0) {
        const at = draw(model.length);
        const [chosen, view] = [model[at], views[at]];
        if (chosen === undefined || view === undefined) throw new Error('drawn beyond the end');
        chosen.pinned = !chosen.pinned;
        await store.checkpoints.change(view.id, { pinned: chosen.pinned });
      }
      if (draw(8) === 0) {
        await store.attempts.release(attempt);
        attempt = await claim(store, job.id, workerId);
        assert.equal(attempt.resume?.id, id);
        report = reporter(attempt);
        inUse = step;
      }
    }
  }
});
