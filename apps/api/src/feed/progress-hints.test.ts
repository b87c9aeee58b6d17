import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it, mock } from 'node:test';
import type { ProgressHint } from '@crucible/contracts';
import { ProgressHints } from './progress-hints.ts';

const hint = (jobId: string, maxStep: number): ProgressHint => ({
  jobId,
  team: 'vision',
  maxStep,
  progress: { done: maxStep },
});

describe('ProgressHints', () => {
  beforeEach(() => mock.timers.enable({ apis: ['setTimeout'] }));
  afterEach(() => mock.timers.reset());

  it('sends one hint per job and second, the newest', () => {
    const sent: string[] = [];
    const hints = new ProgressHints((each) => sent.push(`${each.jobId}:${each.maxStep}`));
    for (let step = 1; step <= 5; step++) hints.add(hint('a', step));
    hints.add(hint('b', 1));
    assert.deepEqual(sent, []);
    mock.timers.tick(1000);
    assert.deepEqual(sent, ['a:5', 'b:1']);
    mock.timers.tick(5000);
    assert.equal(sent.length, 2);
    hints.add(hint('a', 6));
    mock.timers.tick(1000);
    assert.deepEqual(sent.at(-1), 'a:6');
  });

  it('remembers the progress of a job until the job is forgotten', () => {
    const sent: ProgressHint[] = [];
    const hints = new ProgressHints((each) => sent.push(each));
    assert.equal(hints.progressOf('a'), null);
    hints.add(hint('a', 3));
    assert.deepEqual(hints.progressOf('a'), { done: 3 });
    hints.forget('a');
    assert.equal(hints.progressOf('a'), null);
    mock.timers.tick(1000);
    assert.deepEqual(sent, []);
  });
});
