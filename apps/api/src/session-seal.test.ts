import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createSessionSeal } from './session-seal.ts';

const seal = createSessionSeal('a secret of more than 32 characters');
const session = { key: 'crk_abc_def', expiresAtMs: 1000 };

describe('createSessionSeal', () => {
  it('gives back what it sealed until its time is over', () => {
    const sealed = seal.seal(session);
    assert.deepEqual(seal.open(sealed, 999), session);
    assert.equal(seal.open(sealed, 1000), null);
    assert.ok(!Buffer.from(sealed, 'base64url').includes('crk_'));
  });

  it('opens nothing that was changed, cut or sealed by another secret', () => {
    const bytes = Buffer.from(seal.seal(session), 'base64url');
    for (let at = 0; at < bytes.byteLength; at++) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 1;
      assert.equal(seal.open(changed.toString('base64url'), 0), null, `byte ${at}`);
      assert.equal(seal.open(bytes.subarray(0, at).toString('base64url'), 0), null, `${at} bytes`);
    }
    assert.equal(createSessionSeal('another secret of 32 characters!').open(seal.seal(session), 0), null);
  });

  it('knows the token of a key from every other', () => {
    const token = seal.csrfTokenOf('a');
    assert.ok(seal.isCsrfToken(token, 'a'));
    for (const wrong of ['', 'x', token.slice(1), seal.csrfTokenOf('b')])
      assert.equal(seal.isCsrfToken(wrong, 'a'), false, wrong);
  });
});
