import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { outcomeOf } from './outcome.mjs';

const FILE = '/project/a.test.ts';
const event = (type, data = {}, details = {}) => ({
  type,
  data: { name: 'a test', file: FILE, nesting: 0, details, ...data },
});

describe('outcomeOf', () => {
  it('counts a test that passed, failed, was skipped or is still to be written', () => {
    assert.equal(outcomeOf(event('test:pass')), 'passed');
    assert.equal(outcomeOf(event('test:fail', {}, { error: { failureType: 'testCodeFailure' } })), 'failed');
    assert.equal(outcomeOf(event('test:pass', { skip: true })), 'skipped');
    assert.equal(outcomeOf(event('test:pass', { todo: true })), 'skipped');
  });

  it('counts neither a suite that passed nor the parent of a failed test', () => {
    assert.equal(outcomeOf(event('test:pass', {}, { type: 'suite' })), null);
    assert.equal(outcomeOf(event('test:fail', {}, { type: 'suite', error: { failureType: 'subtestsFailed' } })), null);
  });

  it('counts a suite whose own hook failed', () => {
    assert.equal(outcomeOf(event('test:fail', {}, { type: 'suite', error: { failureType: 'hookFailed' } })), 'failed');
  });

  it('counts a file that holds no test as a failure', () => {
    assert.equal(outcomeOf(event('test:pass', { name: FILE })), 'failed');
  });
});
