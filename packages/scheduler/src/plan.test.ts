import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { plan } from './plan.ts';
import type { PoolSlots, QueuedJob, Snapshot } from './snapshot.ts';

const NOW = Date.parse('2030-01-01T00:00:00Z');
const SEEDS = Array.from({ length: 300 }, (_, seed) => seed);

const job = (id: string, over: Partial<QueuedJob> = {}): QueuedJob => ({
  id,
  pool: 'default',
  slots: 1,
  priority: 50,
  submittedAt: NOW - 1000,
  notBefore: null,
  isDispatched: false,
  ...over,
});
const pool = (free: number, total = free): PoolSlots[] => [{ pool: 'default', total, free }];

/** Mulberry32: a small generator so that each failing snapshot can be made again from its seed. */
const randomOf = (seed: number) => {
  let state = seed >>> 0;
  return (below: number): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
};

const randomSnapshot = (seed: number): Snapshot => {
  const random = randomOf(seed);
  const names = ['default', 'gpu', 'empty'];
  const pools = names.slice(0, 2).map((name) => {
    const total = random(6);
    return { pool: name, total, free: random(total + 1) };
  });
  const jobs = Array.from({ length: random(30) }, (_, index) =>
    job(`job-${String(random(1000)).padStart(4, '0')}-${index}`, {
      pool: names[random(3)] ?? 'default',
      slots: 1 + random(3),
      priority: random(4) * 25,
      submittedAt: NOW - random(5) * 1000,
      notBefore: random(4) === 0 ? NOW + (random(3) - 1) * 1000 : null,
      isDispatched: random(6) === 0,
    }),
  );
  return { jobs, pools };
};

const shuffled = <T>(items: readonly T[], seed: number): T[] => {
  const random = randomOf(seed);
  const copy = [...items];
  for (let i = copy.length - 1; i > 0; i--) {
    const j = random(i + 1);
    [copy[i], copy[j]] = [copy[j] as T, copy[i] as T];
  }
  return copy;
};

describe('plan', () => {
  it('starts the larger priority first, then the earlier submit, then the smaller id', () => {
    const jobs = [
      job('d'),
      job('c'),
      job('b', { submittedAt: NOW - 5000 }),
      job('a', { priority: 90, submittedAt: NOW }),
      job('e', { priority: 10, submittedAt: NOW - 90_000 }),
    ];
    assert.deepEqual(plan({ jobs, pools: pool(5) }, NOW).dispatch, ['a', 'b', 'c', 'd', 'e']);
  });

  it('gives every waiting job its reason and its position', () => {
    const jobs = [
      job('on-its-way', { isDispatched: true }),
      job('starts', { priority: 90 }),
      job('next', { priority: 80 }),
      job('later', { priority: 70 }),
      job('failed-before', { priority: 100, notBefore: NOW + 5000 }),
      job('elsewhere', { pool: 'gpu' }),
    ];
    const { dispatch, waiting } = plan({ jobs, pools: pool(1, 2) }, NOW);
    assert.deepEqual(dispatch, ['starts']);
    assert.deepEqual(
      waiting.map(({ jobId, code, position }) => [jobId, code, position]),
      [
        ['on-its-way', 'dispatched', 1],
        ['next', 'resources', 2],
        ['later', 'priority', 3],
        ['failed-before', 'backoff', 4],
        ['elsewhere', 'pool-offline', 1],
      ],
    );
    assert.match(waiting[3]?.message ?? '', /2030-01-01T00:00:05\.000Z/);
  });

  it('lets no small job pass a larger one that waits for its slots', () => {
    const jobs = [job('wide', { slots: 2, priority: 60 }), job('narrow')];
    const { dispatch, waiting } = plan({ jobs, pools: pool(1, 2) }, NOW);
    assert.deepEqual(dispatch, []);
    assert.deepEqual(
      waiting.map(({ code }) => code),
      ['resources', 'priority'],
    );
  });

  it('starts a job at the very end of its backoff', () => {
    const jobs = [job('a', { notBefore: NOW })];
    assert.deepEqual(plan({ jobs, pools: pool(1) }, NOW - 1).dispatch, []);
    assert.deepEqual(plan({ jobs, pools: pool(1) }, NOW).dispatch, ['a']);
  });

  it('never hands out more slots than are free, in any random snapshot', () => {
    for (const seed of SEEDS) {
      const snapshot = randomSnapshot(seed);
      const started = new Set(plan(snapshot, NOW).dispatch);
      for (const name of ['default', 'gpu', 'empty']) {
        const taken = snapshot.jobs.filter((each) => each.pool === name && started.has(each.id));
        const free = snapshot.pools.find((each) => each.pool === name)?.free ?? 0;
        const slots = taken.reduce((sum, each) => sum + each.slots, 0);
        assert.ok(slots <= free, `seed ${seed}, pool ${name}: ${slots} of ${free}`);
      }
    }
  });

  it('places every job in one of the two lists, with positions 1 to n in each pool', () => {
    for (const seed of SEEDS) {
      const snapshot = randomSnapshot(seed);
      const { dispatch, waiting } = plan(snapshot, NOW);
      const seen = [...dispatch, ...waiting.map((each) => each.jobId)].sort();
      assert.deepEqual(seen, snapshot.jobs.map((each) => each.id).sort(), `seed ${seed}`);
      const poolOf = new Map(snapshot.jobs.map((each) => [each.id, each.pool]));
      for (const name of ['default', 'gpu', 'empty']) {
        const positions = waiting.filter((each) => poolOf.get(each.jobId) === name).map((each) => each.position);
        assert.deepEqual(
          positions,
          positions.map((_, index) => index + 1),
          `seed ${seed}`,
        );
      }
    }
  });

  it('never starts a job that is dispatched or in backoff, nor one behind a job that waits', () => {
    for (const seed of SEEDS) {
      const snapshot = randomSnapshot(seed);
      const { dispatch, waiting } = plan(snapshot, NOW);
      const jobs = new Map(snapshot.jobs.map((each) => [each.id, each]));
      const starved = waiting.filter((each) => each.code === 'resources' || each.code === 'priority');
      for (const id of dispatch) {
        const started = jobs.get(id);
        assert.ok(started && !started.isDispatched && (started.notBefore ?? 0) <= NOW, `seed ${seed}`);
        for (const { jobId } of starved) {
          const left = jobs.get(jobId);
          if (left?.pool === started.pool) assert.ok(left.priority <= started.priority, `seed ${seed}`);
        }
      }
    }
  });

  it('leaves no slot idle that the next job could use', () => {
    for (const seed of SEEDS) {
      const snapshot = randomSnapshot(seed);
      const { dispatch, waiting } = plan(snapshot, NOW);
      const jobs = new Map(snapshot.jobs.map((each) => [each.id, each]));
      for (const next of waiting.filter((each) => each.code === 'resources')) {
        const head = jobs.get(next.jobId);
        const free = snapshot.pools.find((each) => each.pool === head?.pool)?.free ?? 0;
        const taken = dispatch.reduce((sum, id) => {
          const started = jobs.get(id);
          return started?.pool === head?.pool ? sum + (started?.slots ?? 0) : sum;
        }, 0);
        assert.ok(free - taken < (head?.slots ?? 0), `seed ${seed}`);
      }
    }
  });

  it('does not depend on the order in which jobs are read, and leaves its input alone', () => {
    for (const seed of SEEDS) {
      const snapshot = randomSnapshot(seed);
      const before = structuredClone(snapshot);
      const byPool = (id: string) => snapshot.jobs.find((each) => each.id === id)?.pool ?? '';
      const grouped = (jobs: readonly QueuedJob[]) => {
        const { dispatch, waiting } = plan({ ...snapshot, jobs }, NOW);
        return {
          dispatch: ['default', 'gpu', 'empty'].map((name) => dispatch.filter((id) => byPool(id) === name)),
          waiting: ['default', 'gpu', 'empty'].map((name) => waiting.filter((each) => byPool(each.jobId) === name)),
        };
      };
      assert.deepEqual(grouped(shuffled(snapshot.jobs, seed + 1)), grouped(snapshot.jobs), `seed ${seed}`);
      assert.deepEqual(snapshot, before);
    }
  });
});
