import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { buildApp, createLogger, DispatchQueues } from '@crucible/api';
import { ERRORS, fits, Problem } from '@crucible/contracts';
import { runApi, testRedisUrl } from '../support/running-api.ts';

const dashboardDir = await mkdtemp(join(tmpdir(), 'crucible-dashboard-'));
await writeFile(join(dashboardDir, 'index.html'), '<!doctype html><title>start page</title>');
await writeFile(join(dashboardDir, 'app.js'), 'export {};');
const api = await runApi({ leads: false, dashboardDir });

interface Document {
  paths: Record<string, Record<string, { security?: unknown[] }>>;
}

describe('who may do what', () => {
  after(async () => {
    await api.close();
    await rm(dashboardDir, { recursive: true });
  });

  const anonymous = (path: string, init: RequestInit = {}) => fetch(api.url + path, init);
  const problemOf = async (response: Response): Promise<Problem> => {
    assert.match(response.headers.get('content-type') ?? '', /^application\/problem\+json/);
    const problem: unknown = await response.json();
    assert.ok(fits(Problem, problem), JSON.stringify(problem));
    assert.deepEqual([problem.status, ERRORS[problem.code].status], [response.status, response.status]);
    assert.equal(problem.instance, response.headers.get('x-request-id'));
    return problem;
  };

  it('keeps every route behind a key but health, documents and the dashboard', async () => {
    const document = (await (await anonymous('/openapi.json')).json()) as Document;
    const open: string[] = [];
    for (const [path, operations] of Object.entries(document.paths)) {
      for (const method of Object.keys(operations)) {
        const address = path.replace('{id}', '00000000-0000-7000-8000-000000000000').replace('{name}', 'a');
        const response = await anonymous(address, { method: method.toUpperCase() });
        if (response.status !== 401) open.push(path);
        else assert.equal((await problemOf(response)).code, 'unauthenticated');
      }
    }
    assert.deepEqual(open.sort(), ['/healthz', '/readyz', '/v1/version']);
    for (const path of ['/docs', '/docs/errors', '/', '/app.js'])
      assert.equal((await anonymous(path)).status, 200, path);
  });

  it('refuses keys that are malformed, unknown, expired or revoked', async () => {
    const expired = await api.store.keys.create('expired');
    const revoked = await api.store.keys.create('revoked');
    await api.sql.query(`update api_key set expires_at = now() - interval '1 second' where id = $1`, [expired.id]);
    await api.store.keys.revoke(revoked.id);
    const almost = `${api.key.slice(0, -1)}${api.key.endsWith('A') ? 'B' : 'A'}`;
    for (const authorization of [
      '',
      'Bearer',
      'Bearer x',
      `Basic ${api.key}`,
      api.key,
      `Bearer ${almost}`,
      `Bearer ${expired.key}`,
      `Bearer ${revoked.key}`,
    ]) {
      const response = await anonymous('/v1/jobs', { headers: { authorization } });
      assert.equal(response.status, 401, authorization);
      assert.match(response.headers.get('www-authenticate') ?? '', /^Bearer/);
      await problemOf(response);
    }
    const scheme = await anonymous('/v1/jobs', { headers: { authorization: `bearer ${api.key}` } });
    assert.equal(scheme.status, 200);
  });

  it('does not boot with a route that declares no access', async () => {
    const log = createLogger('silent');
    const queues = new DispatchQueues(testRedisUrl(), log);
    const app = await buildApp({ config: { dashboardDir: null }, store: api.store, queues, log });
    app.get('/forgotten', async () => 'secret');
    await assert.rejects(async () => app.ready(), /\/forgotten declares no access/);
    await app.close();
    await queues.close();
  });

  it('never logs a key', async () => {
    await api.get('/v1/jobs');
    await anonymous('/v1/jobs', { headers: { authorization: 'Bearer crk_visible_secret' } });
    const lines = api.log.join('');
    assert.match(lines, /"route":"\/v1\/jobs"/);
    assert.ok(!lines.includes(api.key) && !lines.includes('crk_visible_secret'));
  });

  it('answers everything that is wrong as a problem', async () => {
    const json = { authorization: `Bearer ${api.key}`, 'content-type': 'application/json' };
    const post = (body: string, headers: Record<string, string> = json) =>
      anonymous('/v1/jobs', { method: 'POST', body, headers });
    const cases: [string, Promise<Response>, string][] = [
      ['unknown address', anonymous('/v2/jobs'), 'not-found'],
      ['unknown method', anonymous('/v1/jobs', { method: 'PATCH', headers: json }), 'not-found'],
      ['broken address', anonymous('/%zz'), 'invalid-request'],
      ['broken JSON', post('{"method":'), 'invalid-request'],
      ['empty body', post(''), 'invalid-request'],
      ['body of another kind', post('[]'), 'invalid-request'],
      ['other media type', post('method=zen-nas', { ...json, 'content-type': 'text/plain' }), 'unsupported-media-type'],
      ['too deep', post(`{"method":"zen-nas","config":${'['.repeat(30)}${']'.repeat(30)}}`), 'invalid-request'],
      ['too large', post(JSON.stringify({ method: 'x'.repeat(1024 * 1024) })), 'payload-too-large'],
      ['prototype', post('{"method":"zen-nas","config":{"__proto__":{"search":{}}}}'), 'invalid-request'],
      ['text that cannot be stored', post('{"method":"zen-nas","name":"a\\u0000"}'), 'invalid-request'],
      ['half a pair', post('{"method":"zen-nas","config":{"\\ud800":1}}'), 'invalid-request'],
      ['NUL in a query', anonymous('/v1/jobs?name=%00', { headers: json }), 'invalid-request'],
    ];
    for (const [what, response, code] of cases) assert.equal((await problemOf(await response)).code, code, what);
  });

  it('answers bytes that are no HTTP', async () => {
    const { hostname, port } = new URL(api.url);
    const answer = await new Promise<string>((resolve, reject) => {
      let text = '';
      const socket = connect(Number(port), hostname, () => socket.write('nonsense\r\n\r\n'));
      socket.on('data', (chunk) => {
        text += String(chunk);
      });
      socket.on('error', reject);
      socket.on('close', () => resolve(text));
    });
    assert.match(answer, /^HTTP\/1\.1 400 .*\r\nContent-Type: application\/problem\+json/);
    assert.ok(fits(Problem, JSON.parse(answer.slice(answer.indexOf('\r\n\r\n')))));
  });

  it('takes over a harmless request id and no other', async () => {
    const echo = async (id: string) =>
      (await anonymous('/healthz', { headers: { 'x-request-id': id } })).headers.get('x-request-id');
    assert.equal(await echo('trace-1.a_B'), 'trace-1.a_B');
    assert.notEqual(await echo('a b'), 'a b');
    assert.notEqual(await echo('x'.repeat(65)), 'x'.repeat(65));
  });

  it('serves the dashboard under addresses of its own, with headers that keep it in bounds', async () => {
    const html = { accept: 'text/html,*/*' };
    for (const path of ['/', '/jobs/1', '/queue?x=1']) {
      const response = await anonymous(path, { headers: html });
      assert.equal(response.status, 200, path);
      assert.match(await response.text(), /start page/);
      assert.match(response.headers.get('content-security-policy') ?? '', /script-src 'self'(;|$)/);
      assert.equal(response.headers.get('x-content-type-options'), 'nosniff');
    }
    assert.equal((await anonymous('/v1/nothing', { headers: html })).status, 404);
    assert.equal((await anonymous('/missing.js')).status, 404);
    assert.equal((await anonymous('/..%2f..%2fetc%2fpasswd')).status, 404);
  });

  it('names the variable when the dashboard is not built', async () => {
    const log = createLogger('silent');
    const queues = new DispatchQueues(testRedisUrl(), log);
    await assert.rejects(
      buildApp({ config: { dashboardDir: '/nowhere' }, store: api.store, queues, log }),
      /CRUCIBLE_DASHBOARD_DIR: \/nowhere/,
    );
    await queues.close();
  });
});
