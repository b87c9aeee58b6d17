import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { hideSecrets } from './log-secrets.ts';

describe('hideSecrets', () => {
  it('hides the secret of an API key in any text, and leaves its id', () => {
    assert.equal(
      hideSecrets('{"msg":"refused crk_abcdefghijkl_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG."}'),
      '{"msg":"refused crk_abcdefghijkl_[hidden]."}',
    );
  });

  it('hides the password of an address and leaves the rest', () => {
    assert.equal(
      hideSecrets('connect postgresql://crucible:p%40ss@db:5432/crucible, redis://:word@cache:6379'),
      'connect postgresql://crucible:[hidden]@db:5432/crucible, redis://:[hidden]@cache:6379',
    );
  });

  it('leaves other lines as they are', () => {
    const line =
      '{"level":30,"time":1,"url":"http://127.0.0.1:8080/v1/jobs?after=a:b","mail":"x@y","msg":"at 10:20"}\n';
    assert.equal(hideSecrets(line), line);
  });
});
