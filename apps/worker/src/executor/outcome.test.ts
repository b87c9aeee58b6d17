import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type ChildExit, type LastMessage, outcomeOf, type StopCause } from './outcome.ts';

const exit = (values: Partial<ChildExit>): ChildExit => ({
  code: null,
  signal: null,
  startError: null,
  lastWords: '',
  isOomKill: false,
  ...values,
});
const clean = exit({ code: 0 });
const killed = exit({ signal: 'SIGKILL' });
const done: LastMessage = { kind: 'done', summary: { accuracy: 0.9 } };
const stopped: LastMessage = { kind: 'stopped' };
const failed: LastMessage = { kind: 'failed', endCode: 'data-error', message: 'no data', stack: '' };

describe('outcomeOf', () => {
  const cases: [string, LastMessage | null, ChildExit, StopCause | null, string][] = [
    ['a result', done, clean, null, 'succeeded ok'],
    ['a result though a cancel was asked', done, clean, 'cancel', 'succeeded ok'],
    ['an error of the method', failed, clean, null, 'failed data-error'],
    ['an obeyed cancel', stopped, clean, 'cancel', 'canceled canceled'],
    ['a cancel that had to be enforced', null, killed, 'cancel', 'canceled canceled'],
    ['a kill', null, killed, 'kill', 'canceled canceled'],
    ['an obeyed pause', stopped, clean, 'pause', 'paused paused'],
    ['a preemption that had to be enforced', null, killed, 'preempt', 'preempted preempted'],
    ['a result though it was to be preempted', done, clean, 'preempt', 'succeeded ok'],
    ['an obeyed release', stopped, clean, 'release', 'release'],
    ['a release that had to be enforced', null, killed, 'release', 'release'],
    ['a lost fence, whatever the child said', done, clean, 'fenced', 'dropped'],
    ['a signal from elsewhere', null, killed, null, 'failed child-killed'],
    [
      'the kernel that wants memory back',
      null,
      exit({ signal: 'SIGKILL', isOomKill: true }),
      null,
      'failed out-of-memory',
    ],
    [
      'a full heap',
      null,
      exit({ signal: 'SIGABRT', lastWords: 'JavaScript heap out of memory' }),
      null,
      'failed out-of-memory',
    ],
    ['a crash', null, exit({ signal: 'SIGSEGV' }), null, 'failed child-killed'],
    ['an exit without a word', null, exit({ code: 1 }), null, 'failed infrastructure'],
    ['a child that never started', null, exit({ startError: new Error('EAGAIN') }), null, 'failed infrastructure'],
    ['a stop that nobody asked for', stopped, clean, null, 'failed method-error'],
  ];
  for (const [what, last, how, asked, expected] of cases)
    it(`makes ${expected} of ${what}`, () => {
      const end = outcomeOf(last, how, asked);
      assert.equal(end.kind === 'finish' ? `${end.outcome} ${end.endCode}` : end.kind, expected);
    });

  it('keeps the summary of a result and quotes the last words of a crash', () => {
    const result = outcomeOf(done, clean, null);
    assert.deepEqual(result.kind === 'finish' && result.summary, { accuracy: 0.9 });
    const crash = outcomeOf(null, exit({ signal: 'SIGABRT', lastWords: 'double free\n' }), null);
    assert.match(crash.kind === 'finish' ? (crash.detail ?? '') : '', /SIGABRT .* Its last words: double free$/);
  });
});
