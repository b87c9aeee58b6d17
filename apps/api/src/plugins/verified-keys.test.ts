import assert from 'node:assert/strict';
import { describe, it, mock } from 'node:test';
import { grantedTo } from '@crucible/contracts';
import type { VerifiedKey } from '@crucible/store';
import { keepVerified } from './verified-keys.ts';

const verifiedUntil = (expiresAt: string): VerifiedKey => ({
  id: 'a',
  name: 'a',
  userId: 'u',
  userName: 'u',
  teamId: 'vision',
  role: 'member',
  clusterRole: null,
  scopes: null,
  granted: grantedTo('member', null, null),
  expiresAt,
});

describe('keepVerified', () => {
  it('asks once in 30 seconds for a valid key, and every time for another', async (t) => {
    t.mock.timers.enable({ apis: ['Date'], now: 0 });
    const ask = mock.fn(async (key: string) => (key === 'good' ? verifiedUntil('2030-01-01T00:00:00Z') : null));
    const keys = keepVerified(ask);
    for (const _ of [1, 2]) assert.equal((await keys.verify('good'))?.id, 'a');
    assert.equal(ask.mock.callCount(), 1);
    for (const _ of [1, 2]) assert.equal(await keys.verify('bad'), null);
    assert.equal(ask.mock.callCount(), 3);
    t.mock.timers.setTime(30_000);
    await keys.verify('good');
    assert.equal(ask.mock.callCount(), 4);
  });

  it('keeps no key beyond its expiry', async (t) => {
    t.mock.timers.enable({ apis: ['Date'], now: 0 });
    const ask = mock.fn(async () => verifiedUntil('1970-01-01T00:00:10Z'));
    const keys = keepVerified(ask);
    await keys.verify('good');
    t.mock.timers.setTime(9999);
    await keys.verify('good');
    assert.equal(ask.mock.callCount(), 1);
    t.mock.timers.setTime(10_000);
    await keys.verify('good');
    assert.equal(ask.mock.callCount(), 2);
  });

  it('does not keep an answer that was on its way when all was forgotten', async () => {
    const answers: ((key: VerifiedKey | null) => void)[] = [];
    const keys = keepVerified(() => new Promise((resolve) => answers.push(resolve)));
    const first = keys.verify('good');
    keys.forget();
    answers[0]?.(verifiedUntil('2030-01-01T00:00:00Z'));
    await first;
    const second = keys.verify('good');
    assert.equal(answers.length, 2);
    answers[1]?.(null);
    assert.equal(await second, null);
  });
});
