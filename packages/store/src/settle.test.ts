import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { END_CODE_NAMES, END_CODES, type EndCode, type Outcome } from '@crucible/contracts';
import { backoffSeconds } from './backoff.ts';
import { type SettledJob, settle } from './settle.ts';

const ending = (outcome: Outcome, endCode: EndCode) => ({ outcome, endCode, detail: null, summary: null });
const job = (over: Partial<SettledJob> = {}): SettledJob => ({
  jobId: '0190b5a0-0000-7000-8000-000000000000',
  number: 1,
  jobState: 'running',
  stopIntent: null,
  stopCode: null,
  maxFailures: 0,
  ...over,
});
const stopping = (stopIntent: SettledJob['stopIntent'], over: Partial<SettledJob> = {}) =>
  job({ jobState: 'stopping', stopIntent, ...over });
const after = (numEarlier: number, ...lostOn: string[]) => ({ numEarlier, lostOn });
const toward = (to: string, endCode: EndCode | null) => ({ to, endCode, detail: null, delaySeconds: 0 });

describe('settle', () => {
  it('queues the job again exactly as often as the budget of each code allows', () => {
    for (const code of END_CODE_NAMES.filter((name) => name !== 'ok' && name !== 'canceled')) {
      const { retries } = END_CODES[code];
      for (let earlier = 0; earlier < 12; earlier++)
        assert.equal(
          settle(job(), ending('failed', code), after(earlier)).to,
          earlier < retries ? 'queued' : 'failed',
          `${code} after ${earlier}`,
        );
    }
  });

  it('tries again after errors of the method as often as the job allows, and after no other code for that', () => {
    const patient = job({ maxFailures: 2 });
    const states = [0, 1, 2].map((n) => settle(patient, ending('failed', 'method-error'), after(n)).to);
    assert.deepEqual(states, ['queued', 'queued', 'failed']);
    assert.equal(settle(patient, ending('failed', 'non-finite'), after(0)).to, 'failed');
  });

  it('takes a stopping job where the one who stopped it wanted, also when its worker was lost before', () => {
    const where = { preempt: 'queued', pause: 'paused', cancel: 'canceled', kill: 'canceled' } as const;
    for (const intent of ['preempt', 'pause', 'cancel', 'kill'] as const)
      for (const end of [
        ending('canceled', 'canceled'),
        ending('paused', 'paused'),
        ending('preempted', 'preempted'),
        ending('released', 'drained'),
        ending('lost', 'worker-lost'),
        ending('failed', 'child-killed'),
      ]) {
        const endCode = where[intent] === 'canceled' ? 'canceled' : null;
        assert.deepEqual(
          settle(stopping(intent), end, after(0)),
          toward(where[intent], endCode),
          `${intent} ${end.endCode}`,
        );
      }
  });

  it('ends a canceled job although no retry is left, and lets no lost worker turn a cancel into a failure', () => {
    assert.deepEqual(
      settle(stopping('cancel'), ending('lost', 'worker-lost'), after(10)),
      toward('canceled', 'canceled'),
    );
    assert.deepEqual(
      settle(stopping('kill'), ending('lost', 'worker-lost'), after(2, 'a', 'b', 'c')),
      toward('canceled', 'canceled'),
    );
    assert.equal(settle(stopping('preempt'), ending('lost', 'worker-lost'), after(10)).to, 'failed');
  });

  it('ends a job that a limit stopped with the code of that limit', () => {
    const late = stopping('cancel', { stopCode: 'run-timeout' });
    assert.deepEqual(settle(late, ending('canceled', 'canceled'), after(0)), toward('failed', 'run-timeout'));
    assert.deepEqual(settle(late, ending('lost', 'worker-lost'), after(0)), toward('failed', 'run-timeout'));
    assert.deepEqual(settle(late, ending('succeeded', 'ok'), after(0)), toward('succeeded', 'ok'));
  });

  it('lets success and plain failure stand whatever was asked', () => {
    for (const intent of ['preempt', 'pause', 'cancel', 'kill'] as const) {
      assert.deepEqual(settle(stopping(intent), ending('succeeded', 'ok'), after(0)), toward('succeeded', 'ok'));
      assert.deepEqual(
        settle(stopping(intent), ending('failed', 'method-error'), after(0)),
        toward('failed', 'method-error'),
      );
    }
  });

  it('calls a job poison that was lost on three different workers, and says on which', () => {
    assert.equal(settle(job(), ending('lost', 'worker-lost'), after(1, 'a', 'b')).to, 'queued');
    const { to, endCode, detail } = settle(job(), ending('failed', 'child-killed'), after(0, 'a', 'b', 'c'));
    assert.deepEqual([to, endCode], ['failed', 'poison']);
    assert.match(detail ?? '', /Lost on a, b, c/);
  });

  it('keeps a dispatched job that nobody claimed in the queue', () => {
    const dispatched = job({ jobState: 'queued' });
    assert.equal(settle(dispatched, ending('lost', 'not-claimed'), after(0)).to, 'queued');
    assert.equal(settle(dispatched, ending('lost', 'not-claimed'), after(10)).to, 'failed');
  });

  it('makes no pause after a lost worker or an ordered stop', () => {
    assert.equal(settle(job(), ending('lost', 'worker-lost'), after(5)).delaySeconds, 0);
    assert.equal(settle(job(), ending('released', 'drained'), after(5)).delaySeconds, 0);
  });
});

describe('backoffSeconds', () => {
  const draws = (code: EndCode, earlier: number) =>
    Array.from({ length: 400 }, (_, number) => backoffSeconds(code, earlier, { jobId: 'a', number }));

  it('is spread over a bound that doubles up to fifteen minutes', () => {
    for (const [code, earlier, bound] of [
      ['infrastructure', 0, 30],
      ['infrastructure', 2, 120],
      ['child-killed', 1, 10],
      ['method-error', 20, 900],
    ] as const) {
      const all = draws(code, earlier);
      assert.ok(all.every((seconds) => seconds >= 0 && seconds < bound));
      assert.ok(Math.max(...all) > 0.95 * bound && Math.min(...all) < 0.05 * bound);
    }
  });

  it('is the same for the same job and attempt, and differs between jobs', () => {
    const of = (jobId: string) => backoffSeconds('infrastructure', 0, { jobId, number: 1 });
    assert.equal(of('a'), of('a'));
    assert.notEqual(of('a'), of('b'));
  });
});
