import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { degradationOf } from './degradation.ts';

const WELL = { postgres: true, isMigrated: true, redis: true, leader: true };

describe('degradationOf', () => {
  it('has nothing to say when every part is there', () => {
    assert.deepEqual(degradationOf(WELL), { degraded: [], reasons: [] });
  });

  for (const [what, seen, degraded, sentence] of [
    ['Redis', { redis: false }, ['dispatch'], /Redis does not answer: queued jobs wait/],
    ['a leader', { leader: false }, ['dispatch', 'feed'], /No API process leads/],
    ['migrations', { isMigrated: false }, ['migrations'], /prisma migrate deploy/],
    [
      'Postgres',
      { postgres: false, isMigrated: false, leader: false },
      ['everything', 'dispatch', 'feed'],
      /Running jobs go on/,
    ],
  ] as const)
    it(`says in a sentence what does not work without ${what}`, () => {
      const found = degradationOf({ ...WELL, ...seen });
      assert.deepEqual(found.degraded, degraded);
      assert.equal(found.reasons.length, 1);
      assert.match(found.reasons[0] ?? '', sentence);
    });
});
