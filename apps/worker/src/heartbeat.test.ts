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
  let stops: [string, StopCause][] = [];
  const runOf = (attemptId: string): AttemptRun => ({
    attemptId,
    fence: 1,
    jobId: `job of ${attemptId}`,
    step: 7,
    progress: null,
    stop: (cause) => stops.push([attemptId, cause]),
    ended: Promise.resolve(),
  });
  const start = (runs: AttemptRun[], intervalMs = 60_000) =>
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
      intervalMs,
    });
  beforeEach(() => {
    beats = [];
    stops = [];
    answer = () => [];
  });

  it('carry all attempts in one call, at once and then at each interval', async () => {
    const heartbeats = start([runOf('a'), runOf('b')]);
    await turn();
    assert.deepEqual(beats, [
      {
        workerId: 'worker',
        eventLoopLagMs: 3,
        attempts: ['a', 'b'].map((attemptId) => ({ attemptId, fence: 1, step: 7, progress: null })),
      },
    ]);
    await heartbeats.close();
    const often = start([], 1);
    while (beats.length < 4) await turn();
    await often.close();
  });

  it('bring each attempt its command', async () => {
    answer = () => [
      { attemptId: 'c', command: 'fenced' },
      { attemptId: 'a', command: 'none' },
      { attemptId: 'b', command: 'cancel' },
    ];
    const heartbeats = start([runOf('a'), runOf('b'), runOf('c')]);
    await turn();
    assert.deepEqual(stops, [
      ['b', 'cancel'],
      ['c', 'fenced'],
    ]);
    await heartbeats.close();
  });

  it('stop nothing while the database is away, and beat again', async () => {
    answer = () => {
      throw new Error('away');
    };
    const heartbeats = start([runOf('a')]);
    await turn();
    answer = () => [{ attemptId: 'a', command: 'cancel' }];
    assert.deepEqual(stops, []);
    heartbeats.now();
    await turn();
    assert.deepEqual(stops, [['a', 'cancel']]);
    await heartbeats.close();
  });
});
