import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { CrucibleError, ERRORS, fits, Problem } from '@crucible/contracts';
import { problemOf, toCrucibleError } from './problem-of.ts';

describe('docs/errors.md', () => {
  it('has a section for every code, in the order of the table, and no other', async () => {
    const page = await readFile(new URL('../../../docs/errors.md', import.meta.url), 'utf8');
    const sections = [...page.matchAll(/^## (\S+)\n\n(\d+)\./gm)].map(([, code, status]) => [code, Number(status)]);
    const table = Object.entries(ERRORS).map(([code, { status }]) => [code, status]);
    assert.deepEqual(sections, table);
    assert.equal([...page.matchAll(/^## /gm)].length, table.length);
  });
});

describe('problemOf', () => {
  it('fits the schema for every code', () => {
    for (const code of Object.keys(ERRORS) as (keyof typeof ERRORS)[]) {
      const error = new CrucibleError(code, 'why', {
        faults: [{ pointer: '/a', message: 'b' }],
        detail: { state: 'x' },
      });
      const problem = problemOf(error, 'request-1');
      assert.ok(fits(Problem, problem), code);
      assert.equal(problem.type, `/docs/errors#${code}`);
      assert.equal(problem.status, ERRORS[code].status);
    }
  });

  it('lets no detail of an error overwrite what a client relies on', () => {
    const error = new CrucibleError('not-found', 'why', { detail: { status: 200, code: 'ok', state: 'queued' } });
    const { status, code, state } = problemOf(error, '') as Problem & { state: string };
    assert.deepEqual([status, code, state], [404, 'not-found', 'queued']);
  });
});

describe('toCrucibleError', () => {
  it('shows nothing of an unexpected error, but keeps it as the cause', () => {
    const thrown = new Error('password=hunter2 at /secret/path');
    const known = toCrucibleError(thrown);
    assert.equal(known.code, 'internal');
    assert.equal(known.cause, thrown);
    assert.doesNotMatch(JSON.stringify(problemOf(known, 'request-1')), /hunter2|secret/);
  });

  it('gives what Fastify refuses a code of ours', () => {
    const refusal = (code: string, statusCode: number) => Object.assign(new Error('x'), { code, statusCode });
    const codes = [
      refusal('FST_ERR_CTP_BODY_TOO_LARGE', 413),
      refusal('FST_ERR_CTP_INVALID_MEDIA_TYPE', 415),
      refusal('FST_ERR_CTP_INVALID_CONTENT_LENGTH', 400),
      'a string',
    ].map((error) => toCrucibleError(error).code);
    assert.deepEqual(codes, ['payload-too-large', 'unsupported-media-type', 'invalid-request', 'internal']);
  });
});
