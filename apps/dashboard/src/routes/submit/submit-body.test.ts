import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NO_SETTINGS } from './job-settings.tsx';
import { poolBody, settingsBody } from './submit-body.ts';

describe('settingsBody', () => {
  it('leaves to the API what was left empty', () => {
    assert.deepEqual(settingsBody(NO_SETTINGS, { a: 1 }), { config: { a: 1 } });
    assert.deepEqual(poolBody(NO_SETTINGS), {});
  });

  it('reads numbers and tags, and trims names', () => {
    const typed = { name: ' tiny ', seed: '7', priority: '60', tags: 'run=a', pool: 'gpu' };
    assert.deepEqual(settingsBody(typed, {}), { config: {}, name: 'tiny', seed: 7, priority: 60, tags: { run: 'a' } });
    assert.deepEqual(poolBody(typed), { resources: { pool: 'gpu', slots: 1 } });
  });

  it('names the setting that cannot be sent', () => {
    assert.throws(() => settingsBody({ ...NO_SETTINGS, seed: 'x' }, {}), { setting: 'seed' });
    assert.throws(() => settingsBody({ ...NO_SETTINGS, tags: 'x' }, {}), { setting: 'tags', message: /"x"/ });
  });
});
