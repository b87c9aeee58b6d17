import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { auditedFields } from './audited-fields.ts';

describe('auditedFields', () => {
  it('keeps short values and the size of long ones', () => {
    const body = { maxSlots: null, scopes: ['jobs:read'], config: { text: 'x'.repeat(600) } };
    assert.deepEqual(auditedFields(body), { maxSlots: null, scopes: ['jobs:read'], config: '[611 characters]' });
  });

  it('hides keys and passwords wherever they stand', () => {
    const secret = 's'.repeat(43);
    const body = { name: `crk_AAAAAAAAAAAA_${secret}`, tags: { db: 'postgres://me:hunter2@db/x' } };
    const text = JSON.stringify(auditedFields(body));
    assert.ok(!text.includes(secret) && !text.includes('hunter2'), text);
    assert.match(text, /crk_AAAAAAAAAAAA/);
  });

  it('takes any body, and at most 50 fields of it', () => {
    for (const body of [undefined, null, 'text', 3, [1]]) assert.equal(auditedFields(body), null);
    const wide = Object.fromEntries(Array.from({ length: 80 }, (_, i) => [`f${i}`, i]));
    assert.equal(Object.keys(auditedFields(wide) ?? {}).length, 50);
  });
});
