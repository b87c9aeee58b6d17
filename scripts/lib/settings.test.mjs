import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readSettings } from './settings.mjs';

describe('readSettings', () => {
  it('takes an empty variable for one that is not set', () => {
    assert.equal(readSettings({ DATABASE_URL: '' }).databaseUrl, null);
    assert.equal(readSettings({}).redisUrl, null);
  });

  it('makes the data folder absolute', () => {
    assert.equal(readSettings({ CRUCIBLE_DATA_DIR: '/data/x/..' }).dataDir, '/data');
  });
});
