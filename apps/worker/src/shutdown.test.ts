import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { PassThrough } from 'node:stream';
import { finished } from 'node:stream/promises';
import { afterEach, beforeEach, describe, it, mock } from 'node:test';
import { pino } from 'pino';
import { type ShutdownParts, watchShutdown } from './shutdown.ts';

describe('watchShutdown', () => {
  let exits: unknown[] = [];
  beforeEach(() => {
    exits = [];
    mock.timers.enable({ apis: ['setTimeout'] });
  });
  afterEach(() => mock.timers.reset());
  /** A process that takes signals and has a standard input, and notes how it was ended. */
  const watch = (isSupervised: boolean) => {
    const stdin = new PassThrough();
    const own = Object.assign(new EventEmitter(), { stdin, exit: (code: number) => exits.push(code) });
    const signal = watchShutdown({
      isSupervised,
      graceMs: 8000,
      log: pino({ level: 'silent' }),
      process: own as unknown as ShutdownParts['process'],
    });
    return { own, stdin, signal };
  };

  it('aborts at the first signal, and ends the process hard only when the time is over', () => {
    const { own, signal } = watch(false);
    own.emit('SIGTERM');
    own.emit('SIGINT');
    assert.equal(signal.aborted, true);
    mock.timers.tick(10_999);
    assert.deepEqual(exits, []);
    mock.timers.tick(1);
    assert.deepEqual(exits, [1]);
  });

  it('follows the end of standard input when it is supervised, and only then', async () => {
    for (const isSupervised of [true, false]) {
      const { stdin, signal } = watch(isSupervised);
      stdin.end();
      stdin.resume();
      await finished(stdin);
      assert.equal(signal.aborted, isSupervised);
    }
  });
});
