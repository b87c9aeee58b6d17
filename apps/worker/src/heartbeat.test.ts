import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import type { Heartbeat, HeartbeatCommand } from '@crucible/store';
import { pino } from 'pino';
import type { AttemptRun } from './attempt-run.ts';
import type { StopCause } from './executor/outcome.ts';
import { startHeartbeats } from './heartbeat.ts';

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('heartbeats', () => {
  let beats: Heartbeat[] = [];
  let answer: (beat: Heartbeat) => HeartbeatCommand[] = () => [];
  let stops: [string, StopCause, number | undefined][] = [];
  let renewals: [string, number][] = [];
  const runOf = (attemptId: string): AttemptRun => ({
    attemptId,
    fence: 1,
    jobId: `job of ${attemptId}`,
    step: 7,
    progress: null,
    ingestLagMs: () => 0,
    stop: (cause, times) => stops.push([attemptId, cause, times?.messageMs]),
    renew: (sentAtMs) => renewals.push([attemptId, sentAtMs]),
    ended: Promise.resolve(),
  });
  const start = (runs: AttemptRun[], leaseMs = 360_000) =>
    startHeartbeats({
      attempts: {
        heartbeat: async (beat) => {
          beats.push(beat);
          return answer(beat);
        },
      },
      workerId: 'worker',
      runs: () => runs,
      takeLagMs: () => 3,
      log: pino({ level: 'silent' }),
      spoolBytes: () => 12,
      leaseMs,
    });
  beforeEach(() => {
    beats = [];
    stops = [];
    renewals = [];
    answer = () => [];
  });

  it('carry all attempts in one call, at once and then at each interval', async () => {
    const heartbeats = start([runOf('a'), runOf('b')]);
    await turn();
    assert.deepEqual(beats, [
      {
        workerId: 'worker',
        eventLoopLagMs: 3,
        spoolBytes: 12,
        attempts: ['a', 'b'].map((attemptId) => ({ attemptId, fence: 1, step: 7, progress: null })),
      },
    ]);
    await heartbeats.close();
    const often = start([], 6);
    while (beats.length < 4) await turn();
    await often.close();
  });

  it('bring each attempt its command', async () => {
    answer = () => [
      { attemptId: 'c', command: 'fenced', graceMs: null },
      { attemptId: 'a', command: 'none', graceMs: null },
      { attemptId: 'b', command: 'pause', graceMs: 7000 },
      { attemptId: 'd', command: 'kill', graceMs: null },
      { attemptId: 'e', command: 'drain', graceMs: null },
    ];
    const before = performance.now();
    const heartbeats = start(['a', 'b', 'c', 'd', 'e'].map(runOf));
    await turn();
    assert.deepEqual(stops, [
      ['b', 'pause', 7000],
      ['c', 'fenced', undefined],
      ['d', 'kill', undefined],
      ['e', 'release', 120_000],
    ]);
    // A lease counts from when the heartbeat was sent; an attempt that lost its job has none.
    assert.deepEqual(
      renewals.map(([attemptId]) => attemptId),
      ['a', 'b', 'd', 'e'],
    );
    assert.ok(renewals.every(([, sentAtMs]) => sentAtMs >= before && sentAtMs <= performance.now()));
    await heartbeats.close();
  });

  it('stop nothing while the database is away, and beat again', async () => {
    answer = () => {
      throw new Error('away');
    };
    const heartbeats = start([runOf('a')]);
    await turn();
    answer = () => [{ attemptId: 'a', command: 'cancel', graceMs: 10_000 }];
    assert.deepEqual(stops, []);
    heartbeats.now();
    await turn();
    assert.deepEqual(stops, [['a', 'cancel', 10_000]]);
    await heartbeats.close();
  });
});
