import assert from 'node:assert/strict';
import { it } from 'node:test';
import { POLICY, policyWith } from './policy.ts';

it('changes the numbers that are named and no others', () => {
  assert.deepEqual(policyWith({ graceSeconds: 5 }), { ...POLICY, graceSeconds: 5 });
  assert.deepEqual(policyWith({}), POLICY);
});

it('refuses what is unknown, no number or out of range, by name', () => {
  assert.throws(() => policyWith({ grace: 5 }), /grace is unknown; known are halfLifeSeconds/);
  assert.throws(() => policyWith({ graceSeconds: '5' }), /graceSeconds must be a positive number/);
  assert.throws(() => policyWith({ halfLifeSeconds: 0 }), /halfLifeSeconds/);
  assert.throws(() => policyWith([]), /JSON object/);
});
