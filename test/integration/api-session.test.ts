import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { fits, type Problem, SessionView } from '@crucible/contracts';
import { newMember } from '../support/member.ts';
import { runApi } from '../support/running-api.ts';

const api = await runApi({ leads: false });

/** A browser that has signed in: what it sends with every request, and the token that only its page knows. */
interface SignedIn {
  cookie: string;
  token: string;
}

const send = (path: string, init: RequestInit = {}) => fetch(api.url + path, init);
const signIn = (key: string, headers: Record<string, string> = {}) =>
  send('/v1/session', { method: 'POST', headers: { authorization: `Bearer ${key}`, ...headers } });

async function signedIn(key: string): Promise<SignedIn> {
  const response = await signIn(key);
  const view: unknown = await response.json();
  assert.ok(fits(SessionView, view), JSON.stringify(view));
  const [cookie = ''] = (response.headers.get('set-cookie') ?? '').split(';');
  return { cookie, token: view.csrfToken ?? '' };
}

const submit = ({ cookie }: SignedIn, headers: Record<string, string> = {}) =>
  send('/v1/jobs', {
    method: 'POST',
    body: JSON.stringify({ method: 'zen-nas', preset: 'demo' }),
    headers: { cookie, 'content-type': 'application/json', ...headers },
  });

describe('sessions of browsers', () => {
  after(() => api.close());

  it('take the place of a key for twelve hours, in a cookie that holds nothing readable', async () => {
    const response = await signIn(api.key, { 'x-forwarded-proto': 'https' });
    const cookie = response.headers.get('set-cookie') ?? '';
    for (const attribute of ['HttpOnly', 'SameSite=Strict', 'Path=/', 'Max-Age=43200', 'Secure'])
      assert.ok(cookie.includes(`; ${attribute}`), `${attribute} in ${cookie}`);
    assert.ok(!cookie.includes(api.key) && !cookie.includes('crk_'));
    const plain = (await signIn(api.key)).headers.get('set-cookie') ?? '';
    assert.ok(!plain.includes('Secure'), 'the embedded services have no TLS');
    const { cookie: sent, token } = await signedIn(api.key);
    const who = await send('/v1/session', { headers: { cookie: sent } });
    const view: unknown = await who.json();
    assert.ok(fits(SessionView, view));
    assert.equal(view.csrfToken, token);
    assert.equal((await send('/v1/jobs', { headers: { cookie: sent } })).status, 200);
  });

  it('change nothing without the token of the page', async () => {
    const browser = await signedIn(api.key);
    const other = await signedIn((await newMember(api, { team: 'vision', role: 'member' })).key);
    const wrong = ['', 'x', other.token, `${browser.token}A`, browser.token.slice(0, -2)];
    for (const headers of [{}, ...wrong.map((token) => ({ 'x-csrf-token': token }))]) {
      const response = await submit(browser, headers);
      const problem = (await response.json()) as Problem;
      assert.deepEqual([response.status, problem.code], [403, 'forbidden'], JSON.stringify(headers));
      assert.match(problem.detail, /x-csrf-token/);
    }
    assert.equal((await submit(browser, { 'x-csrf-token': browser.token })).status, 202);
    const byKey = await submit({ cookie: '', token: '' }, { authorization: `Bearer ${api.key}` });
    assert.equal(byKey.status, 202, 'a key needs no token');
  });

  it('give what the key gives and no more', async () => {
    const viewer = await signedIn((await newMember(api, { team: 'vision', role: 'viewer' })).key);
    const response = await submit(viewer, { 'x-csrf-token': viewer.token });
    assert.match(((await response.json()) as Problem).detail, /jobs:write/);
  });

  it('end with the key, and by signing out', async () => {
    const { key, id } = await newMember(api, { team: 'vision', role: 'member' });
    const { cookie, token } = await signedIn(key);
    assert.equal((await send('/v1/jobs', { headers: { cookie } })).status, 200);
    const out = await send('/v1/session', { method: 'DELETE', headers: { cookie, 'x-csrf-token': token } });
    assert.equal(out.status, 204);
    assert.match(out.headers.get('set-cookie') ?? '', /^crucible-session=;.*(Max-Age=0|Expires=Thu, 01 Jan 1970)/);
    await api.store.keys.revoke(id);
    const status = async () => (await send('/v1/jobs', { headers: { cookie } })).status;
    assert.equal(await status(), 401);
  });

  it('are not begun by a wrong key or by another session, nor read from a cookie that was changed', async () => {
    assert.equal((await signIn('crk_wrong')).status, 401);
    const { cookie, token } = await signedIn(api.key);
    const again = await send('/v1/session', { method: 'POST', headers: { cookie, 'x-csrf-token': token } });
    assert.equal(again.status, 400);
    const changed = cookie.slice(0, -1) + (cookie.endsWith('A') ? 'B' : 'A');
    for (const broken of [changed, 'crucible-session=', 'crucible-session=x', cookie.slice(0, 60)])
      assert.equal((await send('/v1/jobs', { headers: { cookie: broken } })).status, 401, broken);
    const both = await send('/v1/jobs', { headers: { cookie, authorization: 'Bearer crk_wrong' } });
    assert.equal(both.status, 401, 'a key in the header is the one that counts');
  });

  it('are never in the log', async () => {
    const { cookie, token } = await signedIn(api.key);
    await send('/v1/jobs', { headers: { cookie } });
    const lines = api.log.join('');
    assert.ok(!lines.includes(cookie.split('=')[1] ?? cookie) && !lines.includes(token));
  });
});
