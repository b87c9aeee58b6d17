import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { fits, Problem } from '@crucible/contracts';
import { type FuzzedRequest, fuzzedRequests, type OpenApiDocument } from '../support/fuzzed-requests.ts';
import { oneOf } from '../support/hostile.ts';
import { newMember } from '../support/member.ts';
import { runApi } from '../support/running-api.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { newTeamObjects, type TeamObjects } from '../support/team-objects.ts';

const NUM_REQUESTS = Number(process.env.CRUCIBLE_FUZZ_REQUESTS ?? 400);
const SEED = Number(process.env.CRUCIBLE_FUZZ_SEED ?? 7);
/** Commands and removals use objects up. */
const REQUESTS_PER_OBJECTS = 200;
/** In every name, text and file of the other team, and in no request. */
const SECRET = 'qzx-of-speech-alone';
const NOWHERE = '00000000-0000-7000-8000-00000000dead';

const api = await runApi({ leads: false });
const { body: document } = await api.get<OpenApiDocument>('/openapi.json');
const draw = seededRandom(SEED);

const admin = await newMember(api, { team: 'vision', role: 'team-admin' });
const callers = [
  admin,
  admin,
  admin,
  await newMember(api, { team: 'vision', role: 'member' }),
  await newMember(api, { team: 'vision', role: 'viewer' }),
];
const stranger = await newMember(api, { team: 'speech', role: 'member' });
const idsOf = ({ jobId, attemptId, checkpointId }: TeamObjects) => [jobId, attemptId, checkpointId];

const others = await newTeamObjects(api.store, { team: 'speech', userId: stranger.userId, mark: SECRET });
/** Workers are everybody's to see. */
const hidden = [...idsOf(others), stranger.userId, stranger.id];
const ids: string[] = [];

async function renewIds(): Promise<void> {
  const { userId } = admin;
  const own = await newTeamObjects(api.store, { team: 'vision', userId, mark: 'own' });
  ids.splice(
    0,
    ids.length,
    ...idsOf(own),
    own.jobId,
    own.checkpointId,
    own.workerId,
    NOWHERE,
    'zen-nas',
    '1',
    ...hidden,
  );
}

/** The audit repeats to a team what the team itself asked for in vain; what is left are the changes that were made. */
function withoutRefused(page: string): string {
  const { data } = JSON.parse(page) as { data: { status: number }[] };
  return JSON.stringify(data.filter(({ status }) => status < 400));
}

/** Sends a request. A stream is given up after its first bytes. */
async function send({
  route,
  method,
  address,
  headers,
  body,
}: FuzzedRequest): Promise<{ status: number; text: string }> {
  const abort = new AbortController();
  const { key } = oneOf(draw, callers);
  const response = await fetch(api.url + address, {
    method,
    headers: { authorization: `Bearer ${key}`, ...headers },
    ...(body === undefined ? {} : { body }),
    signal: abort.signal,
  });
  const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') ?? false;
  let text = JSON.stringify([...response.headers]);
  if (route === 'get /v1/audit' && response.ok) text += withoutRefused(await response.text());
  else if (!isStream) text += await response.text();
  else text += new TextDecoder().decode((await response.body?.getReader().read())?.value);
  abort.abort();
  return { status: response.status, text };
}

describe('requests made at random', () => {
  after(() => api.close());

  it(`break nothing and leak nothing: ${NUM_REQUESTS} over all routes (seed ${SEED})`, async (t) => {
    const statuses = new Map<number, number>();
    const routes = new Map<string, number>();
    const requests = fuzzedRequests(document, { draw, ids });
    for (let i = 0; i < NUM_REQUESTS; i++) {
      if (i % REQUESTS_PER_OBJECTS === 0) await renewIds();
      const { value: request } = requests.next();
      const { status, text } = await send(request);
      const sent = `${request.address} ${request.body ?? ''}`;
      const context = `request ${i}: ${JSON.stringify(request).slice(0, 1500)} -> ${status} ${text.slice(0, 1500)}`;
      assert.ok(status < 500, context);
      assert.ok(!text.includes(SECRET), `leak in ${context}`);
      // A refusal may name the id that it was asked for.
      const leaked = hidden.find((id) => text.includes(id) && !(status >= 400 && sent.includes(id)));
      assert.equal(leaked, undefined, `leak in ${context}`);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      routes.set(request.route, (routes.get(request.route) ?? 0) + 1);
    }
    t.diagnostic(
      JSON.stringify({ requests: NUM_REQUESTS, routes: routes.size, statuses: Object.fromEntries(statuses) }),
    );
    const numRoutes = Object.values(document.paths).flatMap((methods) => Object.keys(methods)).length;
    assert.ok(routes.size >= 0.9 * numRoutes, `only ${routes.size} of ${numRoutes} routes`);
    for (const status of [200, 400, 403, 404])
      assert.ok((statuses.get(status) ?? 0) > 5, JSON.stringify([...statuses]));
  });

  it('leaves the service alive, the process clean, and the other team as it was', async () => {
    assert.equal((await api.get('/healthz')).status, 200);
    assert.equal(({} as { polluted?: boolean }).polluted, undefined);
    const theirs = { authorization: `Bearer ${stranger.key}` };
    const { status, body } = await api.get<{ state: string; name: string }>(`/v1/jobs/${others.jobId}`, theirs);
    assert.deepEqual([status, body.state, body.name], [200, 'running', SECRET]);
    const missing = await api.get(`/v1/jobs/${NOWHERE}`, theirs);
    assert.ok(fits(Problem, missing.body));
  });
});
