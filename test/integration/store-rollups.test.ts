import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fromWire, type MetricPoint, type PointsQuery, toWire } from '@crucible/contracts';
import type { ClaimedJob } from '@crucible/store';
import { withDatabase } from '../support/database.ts';
import { claim, startJob } from '../support/running-attempt.ts';
import { seededRandom } from '../support/seeded-random.ts';

const { store, sql } = await withDatabase();

const KEY = 'train/loss';
const read = (jobId: string, query: Partial<PointsQuery> = {}) =>
  store.metrics.points(jobId, { key: KEY, x: 'step', branch: 'current', maxPoints: 100, ...query });

/** What a job's curve should be: later attempts replace what earlier ones said beyond the step they resumed from. */
class PlainCurve {
  readonly shown = new Map<number, number>();
  resume(step: number): void {
    for (const known of [...this.shown.keys()]) if (known > step) this.shown.delete(known);
  }
  add(step: number, value: number): void {
    this.shown.set(step, value);
  }
  points(from = 0, to = Number.MAX_SAFE_INTEGER): [number, number][] {
    return [...this.shown].filter(([step]) => step >= from && step <= to).sort((a, b) => a[0] - b[0]);
  }
}

/** An attempt that reports in batches. */
function reporter(attempt: ClaimedJob, curve: PlainCurve) {
  let sequence = 0;
  return async (points: readonly [step: number, value: number][]) => {
    for (let at = 0; at < points.length; at += 5000) {
      const batch = points.slice(at, at + 5000);
      const sent = batch.map(([step, value]): MetricPoint => ({ key: KEY, step, value, timeMs: 1e12 + step * 10 }));
      await store.metrics.appendBatch({ ...attempt, sequence: ++sequence, points: sent });
    }
    for (const [step, value] of points) curve.add(step, value);
  };
}

const noisy = (draw: (below: number) => number, from: number, to: number, stride = 1): [number, number][] =>
  Array.from({ length: Math.ceil((to - from) / stride) }, (_, i) => {
    const step = from + i * stride;
    const isGap = step % 9000 > 8200 || draw(500) === 0;
    return [step, isGap ? Number.NaN : Math.round(1000 * Math.cos(step / 700)) + draw(300)];
  });

const finite = (points: readonly [number, number][]) => points.filter(([, value]) => Number.isFinite(value));

/** The summary of a series from its points, by plain code. */
function summaryOf(points: readonly [number, number][]) {
  const values = finite(points).map(([, value]) => value);
  return {
    key: KEY,
    count: points.length,
    firstStep: points[0]?.[0] ?? 0,
    lastStep: points.at(-1)?.[0] ?? 0,
    lastValue: toWire(points.at(-1)?.[1] ?? 0),
    min: values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY),
    max: values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY),
    nonFinite: points.length - values.length,
  };
}

/** Compares what is read of a range with the points that lie in it. */
async function assertReads(jobId: string, curve: PlainCurve, query: Partial<PointsQuery>) {
  const view = await read(jobId, query);
  const points = curve.points(Math.max(query.from ?? 0, (query.afterStep ?? -1) + 1), query.to);
  assert.equal(view.total, points.length);
  assert.ok(view.steps.length <= (query.maxPoints ?? 100));
  const known = new Map(points);
  assert.deepEqual(
    view.values.map(fromWire),
    view.steps.map((step) => known.get(step)),
  );
  assert.deepEqual([view.steps[0], view.steps.at(-1)], [points[0]?.[0], points.at(-1)?.[0]]);
  const values = finite(points).map(([, value]) => value);
  const shown = view.values.map(fromWire).filter(Number.isFinite);
  assert.deepEqual([Math.min(...shown), Math.max(...shown)], [Math.min(...values), Math.max(...values)]);
  return view;
}

describe('a long curve', () => {
  it('reads the same whether its buckets are built, half built or not, over attempts that stepped back', async () => {
    const seed = 41;
    const draw = seededRandom(seed);
    const { job, attempt: first, workerId } = await startJob(store);
    const curve = new PlainCurve();
    let attempt = first;
    let report = reporter(attempt, curve);
    await report(noisy(draw, 0, 30_000));
    for (const [resumed, end, isRolled] of [
      [21_001, 26_000, true],
      [19_968, 55_000, false],
      [54_000, 90_000, true],
    ] as const) {
      if (isRolled) await store.metrics.rollUp();
      await store.attempts.release(attempt);
      attempt = await claim(store, job.id, workerId);
      await store.attempts.markResumed(attempt, resumed);
      curve.resume(resumed);
      assert.deepEqual(await store.metrics.series(job.id), [summaryOf(curve.points())]);
      report = reporter(attempt, curve);
      await report(noisy(draw, resumed, end));
      assert.deepEqual(await store.metrics.series(job.id), [summaryOf(curve.points())]);
      await assertReads(job.id, curve, {});
    }
    await store.metrics.rollUp();
    const levels = new Set<number>();
    for (let round = 0; round < 40; round++) {
      const from = draw(80_000);
      const range = round % 4 === 0 ? {} : { from, to: from + 500 + draw(60_000) };
      const maxPoints = [10, 40, 100, 800][round % 4] ?? 100;
      levels.add((await assertReads(job.id, curve, { ...range, maxPoints })).level);
    }
    assert.ok([0, 6, 8, 12].every((level) => levels.has(level)));
    await report([[90_001, 5]]);
    await assertReads(job.id, curve, { maxPoints: 50 });
    assert.equal(await store.metrics.rollUp(), 1);
    assert.equal(await store.metrics.rollUp(), 0);
    await assertReads(job.id, curve, { maxPoints: 50, afterStep: 70_000 });
  });

  it('takes in points that come late, and far between', async () => {
    const draw = seededRandom(7);
    const { job, attempt } = await startJob(store);
    const curve = new PlainCurve();
    const report = reporter(attempt, curve);
    await report(noisy(draw, 500_000, 20_000_000, 1500));
    await store.metrics.rollUp();
    await report([
      [100, -5000],
      [7_000_123, 9000],
    ]);
    await assertReads(job.id, curve, { maxPoints: 30 });
    await store.metrics.rollUp();
    const view = await assertReads(job.id, curve, { maxPoints: 30 });
    assert.ok(view.level > 0);
    assert.deepEqual(await store.metrics.series(job.id), [summaryOf(curve.points())]);
  });

  it('is summed up at a claim without reading its points', async () => {
    const { job, attempt, workerId } = await startJob(store);
    const curve = new PlainCurve();
    await reporter(attempt, curve)(noisy(seededRandom(3), 0, 60_000));
    await store.metrics.rollUp();
    // Were the points of whole buckets read again, these would show.
    await sql.query(
      `update metric_point set value = 1e9 from series s
       where s.id = series_id and s.job_id = $1 and step between 4096 and 8191`,
      [job.id],
    );
    await store.attempts.release(attempt);
    const next = await claim(store, job.id, workerId);
    await store.attempts.markResumed(next, null);
    assert.deepEqual(await store.metrics.series(job.id), []);
    await sql.query('update attempt set resumed_step = 50000 where id = $1', [next.attemptId]);
    await sql.query('update series set count = 60000, last_step = 59999 where job_id = $1', [job.id]);
    await store.attempts.markResumed(next, 49_000);
    curve.resume(49_000);
    assert.deepEqual(await store.metrics.series(job.id), [summaryOf(curve.points())]);
  });
});

describe('a query', () => {
  it('names what attempts reported in vain, and gives it as branches', async () => {
    const { job, attempt, workerId } = await startJob(store);
    const curve = new PlainCurve();
    await reporter(
      attempt,
      curve,
    )([
      [0, 1],
      [1, 2],
      [2, 3],
      [3, 4],
    ]);
    await store.attempts.release(attempt);
    const second = await claim(store, job.id, workerId);
    await store.attempts.markResumed(second, 1);
    await reporter(second, curve)([[2, 30]]);
    const current = await read(job.id);
    assert.deepEqual(
      [current.steps, current.values],
      [
        [0, 1, 2],
        [1, 2, 30],
      ],
    );
    assert.deepEqual(current.maskedBranches, [{ attempt: 1, afterStep: 1, lastStep: 3, count: 2 }]);
    assert.equal(current.branches, undefined);
    const { branches } = await read(job.id, { branch: 'all' });
    assert.deepEqual(branches, [{ attempt: 1, total: 2, level: 0, steps: [2, 3], values: [3, 4] }]);
  });

  it('takes its range in time and says when each point was reported', async () => {
    const { job, attempt } = await startJob(store);
    await reporter(
      attempt,
      new PlainCurve(),
    )([
      [0, 1],
      [5, 2],
      [6, 3],
      [90, 4],
    ]);
    const view = await read(job.id, { x: 'time', from: 1e12 + 1, to: 1e12 + 60 });
    assert.deepEqual(
      [view.steps, view.times],
      [
        [5, 6],
        [1e12 + 50, 1e12 + 60],
      ],
    );
    assert.deepEqual((await read(job.id, { x: 'time', from: 1e12 + 901 })).steps, []);
    assert.deepEqual((await read(job.id, { x: 'time' })).steps, [0, 5, 6, 90]);
  });

  it('has a tag that changes with the points and with an attempt that steps back, and with nothing else', async () => {
    const { job, attempt, workerId } = await startJob(store);
    const report = reporter(attempt, new PlainCurve());
    const tags = [await store.metrics.pointsTag(job.id, KEY)];
    const changes = [
      () =>
        report([
          [0, 1],
          [1, 2],
        ]),
      () => report([[2, 2]]),
      async () => {
        await store.attempts.release(attempt);
        const next = await claim(store, job.id, workerId);
        await store.attempts.markResumed(next, 2);
      },
    ];
    for (const change of changes) {
      await change();
      const tag = await store.metrics.pointsTag(job.id, KEY);
      assert.equal(await store.metrics.pointsTag(job.id, KEY), tag);
      assert.ok(!tags.includes(tag));
      tags.push(tag);
    }
  });
});
