import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { describe, it } from 'node:test';
import type { MetricPoint, PointsQuery } from '@crucible/contracts';
import { MAX_POINTS_PER_BATCH, MAX_SERIES_PER_JOB } from '@crucible/contracts';
import { CHANNELS, type ClaimedJob } from '@crucible/store';
import { hasCode } from '../support/codes.ts';
import { withDatabase } from '../support/database.ts';
import { claim, startJob } from '../support/running-attempt.ts';

const { store } = await withDatabase();

const point = (step: number, value: number, key = 'train/loss'): MetricPoint => ({ key, step, value, timeMs: 1000 });

/** Appends `values` at the steps from `from`, as one batch. */
const append = (attempt: ClaimedJob, sequence: number, from: number, values: number[], key?: string) =>
  store.metrics.appendBatch({ ...attempt, sequence, points: values.map((value, i) => point(from + i, value, key)) });

/** Reads points, with the defaults of a query. */
const read = (jobId: string, query: Partial<PointsQuery> = {}) =>
  store.metrics.points(jobId, { key: 'train/loss', x: 'step', branch: 'current', maxPoints: 5000, ...query });

const curve = async (jobId: string, key = 'train/loss') => {
  const { steps, values } = await read(jobId, { key });
  return steps.map((step, i) => [step, values[i]]);
};

/** Gives the job back and claims it again, to go on from `step`. */
async function resumeFrom(job: ClaimedJob, workerId: string, step: number | null): Promise<ClaimedJob> {
  await store.attempts.release(job);
  const next = await claim(store, job.jobId, workerId);
  await store.attempts.markResumed(next, step);
  return next;
}

describe('a batch', () => {
  it('is stored once, however often it is sent', async () => {
    const { job, attempt } = await startJob(store);
    assert.deepEqual(await append(attempt, 1, 0, [5, 4]), { isDuplicate: false });
    assert.deepEqual(await append(attempt, 2, 2, [3]), { isDuplicate: false });
    assert.deepEqual(await append(attempt, 1, 0, [5, 4]), { isDuplicate: true });
    assert.deepEqual(await append(attempt, 2, 2, [9]), { isDuplicate: true });
    assert.deepEqual(await curve(job.id), [
      [0, 5],
      [1, 4],
      [2, 3],
    ]);
    assert.equal((await store.metrics.series(job.id))[0]?.count, 3);
  });

  it('is stored once when it is sent many times at the same moment', async () => {
    const { job, attempt } = await startJob(store);
    const receipts = await Promise.all(Array.from({ length: 8 }, () => append(attempt, 1, 0, [1, 2, 3])));
    assert.equal(receipts.filter((receipt) => !receipt.isDuplicate).length, 1);
    assert.equal((await store.metrics.series(job.id))[0]?.count, 3);
  });

  it('is refused with the expected number when one before it is missing', async () => {
    const { job, attempt } = await startJob(store);
    for (const [sequence, expected] of [
      [2, 1],
      [0, 1],
      [7, 1],
    ] as const)
      await assert.rejects(append(attempt, sequence, 0, [1]), (error: unknown) => {
        assert.ok(hasCode('sequence-gap')(error) && error instanceof Error && 'detail' in error);
        assert.deepEqual(error.detail, { stream: 'metrics', expected });
        return true;
      });
    assert.deepEqual(await curve(job.id), []);
  });

  it('is refused whole when it is too large, or has a malformed key or step', async () => {
    const { job, attempt } = await startJob(store);
    const send = (points: MetricPoint[]) => store.metrics.appendBatch({ ...attempt, sequence: 1, points });
    await assert.rejects(send(Array(MAX_POINTS_PER_BATCH + 1).fill(point(0, 1))), hasCode('payload-too-large'));
    await assert.rejects(send([point(0, 1), point(-1, 1)]), hasCode('invalid-request'));
    await assert.rejects(send([point(0, 1), point(1.5, 1)]), hasCode('invalid-request'));
    await assert.rejects(send([point(0, 1, 'a b')]), hasCode('invalid-request'));
    assert.deepEqual(await store.metrics.series(job.id), []);
  });

  it('is refused whole when it makes too many series, and leaves its number free', async () => {
    const { job, attempt } = await startJob(store);
    const many = (n: number) => Array.from({ length: n }, (_, i) => point(0, i, `m/${i}`));
    await store.metrics.appendBatch({ ...attempt, sequence: 1, points: many(MAX_SERIES_PER_JOB) });
    const over = { ...attempt, sequence: 2, points: [point(0, 1, 'one-more')] };
    await assert.rejects(store.metrics.appendBatch(over), hasCode('too-many-series'));
    assert.equal((await store.metrics.series(job.id)).length, MAX_SERIES_PER_JOB);
    assert.deepEqual(await append(attempt, 2, 1, [1], 'm/0'), { isDuplicate: false });
  });

  it('keeps the first of two points at one step', async () => {
    const { job, attempt } = await startJob(store);
    await store.metrics.appendBatch({ ...attempt, sequence: 1, points: [point(3, 1), point(3, 2), point(4, 3)] });
    await store.metrics.appendBatch({ ...attempt, sequence: 2, points: [point(4, 9)] });
    assert.deepEqual(await curve(job.id), [
      [3, 1],
      [4, 3],
    ]);
    assert.equal((await store.metrics.series(job.id))[0]?.count, 2);
  });
});

it('tells by a hint that points can be read', async () => {
  const { job, attempt } = await startJob(store);
  const heard = new EventEmitter();
  const listener = await store.listen(CHANNELS.hints, (payload) => heard.emit('hint', payload));
  const told = once(heard, 'hint');
  await append(attempt, 1, 5, [1, 2, 3]);
  const [payload] = await told;
  assert.deepEqual(JSON.parse(payload), { jobId: job.id, team: 'default', maxStep: 7, progress: null });
  await listener.close();
});

describe('a series', () => {
  it('sums up what was reported, in whatever order, with non-finite values counted apart', async () => {
    const { job, attempt } = await startJob(store);
    await append(attempt, 1, 10, [2, Number.NaN, 7]);
    await append(attempt, 2, 5, [-1, Number.POSITIVE_INFINITY]);
    await append(attempt, 3, 0, [0.5], 'val/accuracy');
    assert.deepEqual(await store.metrics.series(job.id), [
      { key: 'train/loss', count: 5, firstStep: 5, lastStep: 12, lastValue: 7, min: -1, max: 7, nonFinite: 2 },
      { key: 'val/accuracy', count: 1, firstStep: 0, lastStep: 0, lastValue: 0.5, min: 0.5, max: 0.5, nonFinite: 0 },
    ]);
    assert.deepEqual(await curve(job.id), [
      [5, -1],
      [6, 'Infinity'],
      [10, 2],
      [11, 'NaN'],
      [12, 7],
    ]);
  });

  it('has no extremes while nothing finite was reported', async () => {
    const { job, attempt } = await startJob(store);
    await append(attempt, 1, 0, [Number.NaN, Number.NEGATIVE_INFINITY]);
    const [series] = await store.metrics.series(job.id);
    assert.deepEqual([series?.min, series?.max, series?.lastValue, series?.nonFinite], [null, null, '-Infinity', 2]);
  });
});

describe('a resumed job', () => {
  it('shows of each attempt what later ones built on, and sums up just that', async () => {
    const { job, attempt: first, workerId } = await startJob(store);
    await append(first, 1, 0, [10, 11, 12, 13, 14]);
    const second = await resumeFrom(first, workerId, 2);
    assert.deepEqual(await curve(job.id), [
      [0, 10],
      [1, 11],
      [2, 12],
    ]);
    await append(second, 1, 3, [23, 24, 25]);
    const third = await resumeFrom(second, workerId, 1);
    await append(third, 1, 2, [32, 33]);
    assert.deepEqual(await curve(job.id), [
      [0, 10],
      [1, 11],
      [2, 32],
      [3, 33],
    ]);
    assert.deepEqual(await store.metrics.series(job.id), [
      { key: 'train/loss', count: 4, firstStep: 0, lastStep: 3, lastValue: 33, min: 10, max: 33, nonFinite: 0 },
    ]);
    const resumed = (await store.attempts.list(job.id)).map((view) => view.resumedFromStep);
    assert.deepEqual(resumed, [null, 2, 1]);
  });

  it('shows a point once that two attempts reported at the step between them', async () => {
    const { job, attempt: first, workerId } = await startJob(store);
    await append(first, 1, 0, [10, 11, 12]);
    const second = await resumeFrom(first, workerId, 1);
    await append(second, 1, 1, [21, 22]);
    assert.deepEqual(await curve(job.id), [
      [0, 10],
      [1, 21],
      [2, 22],
    ]);
    const [series] = await store.metrics.series(job.id);
    assert.equal(series?.count, 3);
  });

  it('forgets everything when it began again from nothing', async () => {
    const { job, attempt: first, workerId } = await startJob(store);
    await append(first, 1, 0, [1, 2, 3]);
    await append(first, 2, 0, [1], 'val/accuracy');
    const second = await resumeFrom(first, workerId, null);
    assert.deepEqual(await store.metrics.series(job.id), []);
    await append(second, 1, 0, [8]);
    assert.deepEqual(await curve(job.id), [[0, 8]]);
  });
});

describe('thinning', () => {
  it('keeps the extremes, the first and the last point of a long curve', async () => {
    const { job, attempt } = await startJob(store);
    const values = Array.from({ length: 12_000 }, (_, i) => Math.sin(i / 500));
    values[7003] = 50; // a spike one point wide
    values[9001] = -60;
    values[42] = Number.NaN;
    for (let i = 0; i < 3; i++) await append(attempt, i + 1, i * 4000, values.slice(i * 4000, (i + 1) * 4000));
    for (const maxPoints of [2, 3, 100, 777, 5000]) {
      const view = await read(job.id, { maxPoints });
      assert.equal(view.total, 12_000);
      assert.equal(view.steps.length, maxPoints);
      assert.equal(view.lo?.length, maxPoints);
      assert.equal(Math.max(...(view.hi ?? []).map(Number)), 50);
      assert.equal(Math.min(...(view.lo ?? []).map(Number)), -60);
      assert.deepEqual([view.steps[0], view.values[0]], [0, 0]);
      assert.deepEqual([view.steps.at(-1), view.values.at(-1)], [11_999, values[11_999]]);
      assert.deepEqual(
        [...view.steps].sort((a, b) => a - b),
        view.steps,
      );
    }
  });

  it('puts every point into exactly one bucket, with the bucket extremes that plain code finds', async () => {
    const { job, attempt } = await startJob(store);
    const values = Array.from({ length: 1000 }, (_, i) => ((i * 7919) % 1009) / 7);
    await append(attempt, 1, 0, values);
    const { steps, lo, hi } = await read(job.id, { maxPoints: 64 });
    let from = 0;
    steps.forEach((step, bucket) => {
      const inside = values.slice(from, step + 1);
      assert.deepEqual([lo?.[bucket], hi?.[bucket]], [Math.min(...inside), Math.max(...inside)]);
      from = step + 1;
    });
    assert.equal(from, 1000);
  });

  it('leaves a curve that fits as it is, and counts from afterStep', async () => {
    const { job, attempt } = await startJob(store);
    await append(attempt, 1, 0, [1, 2, 3, 4]);
    const view = await read(job.id, { maxPoints: 2, afterStep: 1 });
    assert.deepEqual(view, {
      key: 'train/loss',
      total: 2,
      level: 0,
      steps: [2, 3],
      values: [3, 4],
      maskedBranches: [],
    });
    const none = await read(job.id, { key: 'no/such', maxPoints: 2 });
    assert.deepEqual(none, { key: 'no/such', total: 0, level: 0, steps: [], values: [], maskedBranches: [] });
  });

  it('shows a stretch without finite values as a gap', async () => {
    const { job, attempt } = await startJob(store);
    await append(attempt, 1, 0, [1, 2, ...Array(20).fill(Number.NaN)]);
    const view = await read(job.id, { maxPoints: 5 });
    assert.deepEqual(view.values.slice(2), ['NaN', 'NaN', 'NaN']);
    assert.deepEqual(view.lo, [1, 2, null, null, null]);
    assert.deepEqual(view.hi, [1, 2, null, null, null]);
  });
});
