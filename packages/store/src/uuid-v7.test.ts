import assert from 'node:assert/strict';
import { it } from 'node:test';
import { uuidV7 } from './uuid-v7.ts';

it('has the version and the variant of RFC 9562', () => {
  for (let i = 0; i < 100; i++)
    assert.match(uuidV7(), /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

it('rises strictly, faster than the clock and the counter', () => {
  const ids = Array.from({ length: 20_000 }, uuidV7);
  assert.deepEqual([...ids].sort(), ids);
  assert.equal(new Set(ids).size, ids.length);
});

it('begins with the time in milliseconds', () => {
  const before = Date.now();
  const ms = Number.parseInt(uuidV7().replace('-', '').slice(0, 12), 16);
  assert.ok(ms >= before && ms < before + 10_000);
});
