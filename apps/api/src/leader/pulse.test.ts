import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it, mock } from 'node:test';
import { startPulse } from './pulse.ts';

/** A log that counts its lines. */
const countingLog = () => {
  const counts = { error: 0, info: 0 };
  return {
    counts,
    log: {
      error: () => {
        counts.error += 1;
      },
      info: () => {
        counts.info += 1;
      },
    },
  };
};

const rest = () => new Promise(setImmediate);

describe('startPulse', () => {
  beforeEach(() => mock.timers.enable({ apis: ['setInterval'] }));
  afterEach(() => mock.timers.reset());

  it('works at once, when triggered, and at each beat', async () => {
    let runs = 0;
    const work = async (): Promise<void> => {
      runs += 1;
    };
    const pulse = startPulse('test', 1000, work, countingLog().log);
    await rest();
    assert.equal(runs, 1);
    pulse.trigger();
    await rest();
    assert.equal(runs, 2);
    mock.timers.tick(2000);
    await rest();
    assert.ok(runs >= 3, `${runs} runs`);
    await pulse.stop();
  });

  it('goes on after a failure and logs only the first of a series and its end', async () => {
    const { counts, log } = countingLog();
    let isAway = true;
    const pulse = startPulse(
      'test',
      1000,
      async () => {
        if (isAway) throw new Error('away');
      },
      log,
    );
    for (let beat = 0; beat < 3; beat++) {
      mock.timers.tick(1000);
      await rest();
    }
    assert.deepEqual(counts, { error: 1, info: 0 });
    isAway = false;
    mock.timers.tick(1000);
    await rest();
    assert.deepEqual(counts, { error: 1, info: 1 });
    await pulse.stop();
  });

  it('is at rest once it is stopped', async () => {
    let runs = 0;
    const work = async (): Promise<void> => {
      runs += 1;
    };
    const pulse = startPulse('test', 1000, work, countingLog().log);
    await pulse.stop();
    const before = runs;
    pulse.trigger();
    mock.timers.tick(5000);
    await rest();
    assert.equal(runs, before);
  });
});
