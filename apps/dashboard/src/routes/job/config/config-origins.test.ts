import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { configOrigins } from './config-origins.ts';

describe('configOrigins', () => {
  it('names who set each value, the submitted one before the preset', () => {
    const resolved = { search: { population: 8, space: 'xxbl', warmPool: 10 }, budget: { params: null } };
    const entries = configOrigins(
      resolved,
      { search: { population: 8 }, budget: { params: null } },
      { search: { population: 48, space: 'xxbl' } },
    );
    assert.deepEqual(
      entries.map(({ path, value, origin }) => `${path}=${value} ${origin}`),
      [
        'search.population=8 submitted',
        'search.space=xxbl preset',
        'search.warmPool=10 default',
        'budget.params=null submitted',
      ],
    );
  });
});
