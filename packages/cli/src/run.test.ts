import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import type { JobView } from '@crucible/contracts';
import { run, VERBS } from './run.ts';

type Answer = (request: IncomingMessage, body: string, response: ServerResponse) => [number, unknown] | undefined;

const JOB: JobView = {
  id: '01890000-0000-7000-8000-000000000001',
  name: 'tiny',
  method: 'zen-nas',
  methodVersion: '1',
  state: 'succeeded',
  endCode: 'ok',
  detail: null,
  preset: null,
  submittedConfig: {},
  config: {},
  tags: {},
  seed: 1,
  priority: 50,
  team: 'default',
  resources: { pool: 'default', slots: 1 },
  tier: 'normal',
  limits: { maxRunSeconds: null, maxQueueSeconds: null, stallSeconds: null },
  keep: { last: 2, best: 1, metric: null, mode: 'max' },
  maxFailures: 0,
  precision: null,
  needs: [],
  notBefore: null,
  stopIntent: null,
  progress: null,
  summary: { score: 41.5 },
  waiting: null,
  actions: ['fork'],
  attempts: 1,
  parent: null,
  forkedFrom: null,
  fromCheckpoint: null,
  submittedBy: 'test',
  version: 2,
  submittedAt: '2026-01-01T00:00:00.000Z',
  queuedAt: '2026-01-01T00:00:00.000Z',
  startedAt: '2026-01-01T00:00:01.000Z',
  endedAt: '2026-01-01T00:00:11.000Z',
};

const folder = mkdtempSync(join(tmpdir(), 'crucible-cli-'));
after(() => rmSync(folder, { recursive: true }));

/** Runs a command line against a local server that answers with `answer`. */
async function cli(args: string[], answer: Answer = () => [500, {}]) {
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const sent = answer(request, body, response);
    if (sent === undefined) return;
    response.writeHead(sent[0], { 'content-type': 'application/json' }).end(JSON.stringify(sent[1]));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  const out: string[] = [];
  const err: string[] = [];
  const code = await run(args, {
    env: { CRUCIBLE_URL: `http://127.0.0.1:${port}`, CRUCIBLE_KEY: 'crk_test' },
    print: (line) => out.push(line),
    note: (line) => err.push(line),
  });
  server.closeAllConnections();
  server.close();
  return { code, out, err };
}

const problem = (status: number, code: string, errors?: unknown): [number, unknown] => [
  status,
  { code, detail: 'no', ...(errors === undefined ? {} : { errors }) },
];

describe('run', () => {
  it('helps with every verb without a server or a key', async () => {
    for (const name of Object.keys(VERBS)) {
      const lines: string[] = [];
      const code = await run([name, '--help'], { env: {}, print: (line) => lines.push(line), note: assert.fail });
      assert.deepEqual([code, lines[0]?.startsWith(`usage: ${name}`)], [0, true]);
    }
  });

  it('exits 2 for an unknown verb, an unknown option and a missing argument', async () => {
    for (const args of [['explode'], ['ps', '--colour'], ['show'], ['cancel', 'a', 'b'], ['show', 'not an id']])
      assert.equal((await cli(args)).code, 2, args.join(' '));
  });

  it('submits what file and options say together, options last', async () => {
    const file = join(folder, 'job.json');
    writeFileSync(
      file,
      JSON.stringify({ method: 'zen-nas', config: { search: { population: 9, generation: 2 } }, seed: 5 }),
    );
    let sent: unknown;
    const args = ['submit', file, '--set', 'search.population=4', '--seed', '7', '--name', 'tiny', '--tag', 'run=a'];
    const { code, out } = await cli(args, (_request, body) => {
      sent = JSON.parse(body);
      return [202, JOB];
    });
    assert.deepEqual([code, out], [0, [JOB.id]]);
    assert.deepEqual(sent, {
      method: 'zen-nas',
      config: { search: { population: 4, generation: 2 } },
      seed: 7,
      name: 'tiny',
      tags: { run: 'a' },
    });
  });

  it('prints every fault of a refused config', async () => {
    const faults = [
      { pointer: '/config/a', message: 'is required' },
      { pointer: '/config/b', message: 'must be a number' },
    ];
    const { code, err } = await cli(['submit', '--method', 'zen-nas'], () => problem(422, 'invalid-config', faults));
    assert.equal(code, 1);
    assert.deepEqual(err, ['invalid-config: no', '  /config/a is required', '  /config/b must be a number']);
  });

  it('waits for the end and tells it by its exit code', async () => {
    for (const [state, expected] of [
      ['succeeded', 0],
      ['failed', 3],
      ['canceled', 4],
    ] as const) {
      const { code, out } = await cli(['submit', '--method', 'zen-nas', '--wait', '--json'], () => [
        202,
        { ...JOB, state },
      ]);
      assert.deepEqual([code, JSON.parse(out[0] ?? '').state], [expected, state]);
    }
  });

  it('gives up waiting after the time that was allowed', async () => {
    const { code, err } = await cli(['watch', JOB.id, '--timeout', '0.05'], (request) =>
      request.url?.startsWith('/v1/events') ? undefined : [200, { ...JOB, state: 'running', endedAt: null }],
    );
    assert.equal(code, 5);
    assert.match(err.at(-1) ?? '', /not ended within 0.05 s/);
  });

  it('tells refused keys, missing jobs and illegal moves apart', async () => {
    assert.equal((await cli(['ps'], () => problem(401, 'unauthenticated'))).code, 6);
    assert.equal((await cli(['show', JOB.id], () => problem(404, 'not-found'))).code, 7);
    assert.equal((await cli(['cancel', JOB.id], () => problem(409, 'illegal-transition'))).code, 8);
  });

  it('finds a job by the beginning of its id, refuses one that fits two', async () => {
    const other = { ...JOB, id: '01890000-0000-7000-8000-000000000002' };
    const answer: Answer = (request) =>
      request.url?.startsWith('/v1/jobs?') ? [200, { data: [other, JOB], nextCursor: null }] : [200, JOB];
    assert.equal((await cli(['show', JOB.id.slice(0, 12), '--json'], answer)).code, 2);
    const unlike: Answer = (request) =>
      request.url?.startsWith('/v1/jobs?')
        ? [200, { data: [{ ...JOB, id: 'f00d0000-0000-7000-8000-000000000002' }, JOB], nextCursor: null }]
        : [200, JOB];
    const { out } = await cli(['show', '0189'], unlike);
    assert.deepEqual(out.slice(0, 2), [`id        ${JOB.id}`, 'name      tiny']);
    assert.equal(out.at(-1), '  score: 41.5');
  });

  it('lists the parts of a job, and counts those that it waits for where they are many', async () => {
    const waiting = (count: number) => ({
      code: 'dependency',
      message: `waits for ${count} other jobs to end`,
      position: 0,
      estimatedStart: null,
      blocking: Array(Math.min(count, 10)).fill(JOB.id),
    });
    const asked: (string | undefined)[] = [];
    const { out } = await cli(['ps', '--parent', JOB.id], (request) => {
      asked.push(request.url);
      const blocked = { ...JOB, state: 'blocked', endedAt: null };
      return [200, { data: [12, 1].map((count) => ({ ...blocked, waiting: waiting(count) })), nextCursor: null }];
    });
    assert.deepEqual(asked, [`/v1/jobs?parent=${JOB.id}&limit=20`]);
    assert.match(out[1] ?? '', /waits for 12 other jobs to end$/);
    assert.match(out[2] ?? '', new RegExp(`waits for 1 other jobs to end: ${JOB.id}$`));
  });

  it('lists jobs by a metric, each with its value', async () => {
    const asked: (string | undefined)[] = [];
    const { out } = await cli(['ps', '--sort', 'metric:val/loss:min'], (request) => {
      asked.push(request.url);
      return [200, { data: [JOB, JOB], values: [0.25, null], nextCursor: null }];
    });
    assert.deepEqual(asked, ['/v1/jobs?sort=metric%3Aval%2Floss%3Amin&limit=20']);
    assert.match(out[0] ?? '', / VALUE +NAME/);
    assert.match(out[1] ?? '', / 0\.25 /);
    assert.match(out[2] ?? '', / - /);
  });

  it('writes an artifact to the file that was named', async () => {
    const output = join(folder, 'weights.bin');
    const { code } = await cli(
      ['artifacts', JOB.id, 'weights.safetensors', '-o', output],
      (_request, _body, response) => {
        response.end(Buffer.from([1, 2, 255]));
        return undefined;
      },
    );
    assert.deepEqual([code, [...readFileSync(output)]], [0, [1, 2, 255]]);
  });

  it('lists, pins, fetches, verifies and removes checkpoints', async () => {
    const view = { id: JOB.id, step: 7, state: 'committed', bytes: 5, keptFor: ['last'], metricValue: 0.5, note: null };
    const list = await cli(['ckpt', 'ls', JOB.id], () => [200, { data: [view, { ...view, state: 'deleted' }] }]);
    assert.deepEqual([list.out.length, list.out[1]?.includes('committed')], [2, true]);
    const asked: string[] = [];
    const answer: Answer = ({ method, url }, body) => {
      asked.push(`${method} ${url?.split('/').slice(3).join('/')} ${body}`.trim());
      return [200, { ...view, pinned: true, chunks: 1 }];
    };
    for (const args of [
      ['pin', JOB.id, '--note', 'good'],
      ['verify', JOB.id],
      ['rm', JOB.id],
    ])
      assert.equal((await cli(['ckpt', ...args], answer)).code, 0);
    assert.deepEqual(asked, [
      `PATCH ${JOB.id} {"pinned":true,"note":"good"}`,
      `POST ${JOB.id}/verify {}`,
      `DELETE ${JOB.id}`,
    ]);
    const output = join(folder, 'one.safetensors');
    const { code } = await cli(['ckpt', 'get', JOB.id, '-o', output], (_request, _body, response) => {
      response.end(Buffer.from([8, 9]));
      return undefined;
    });
    assert.deepEqual([code, [...readFileSync(output)]], [0, [8, 9]]);
    assert.equal((await cli(['ckpt', 'rm', JOB.id], () => problem(409, 'checkpoint-in-use'))).code, 8);
    assert.equal((await cli(['ckpt', 'burn', JOB.id])).code, 2);
  });

  it('leaves no file of a download that broke off', async () => {
    const output = join(folder, 'half.safetensors');
    const { code } = await cli(['ckpt', 'get', JOB.id, '-o', output], (_request, _body, response) => {
      response.writeHead(200, { 'content-length': 100 }).write(Buffer.alloc(10), () => response.destroy());
      return undefined;
    });
    assert.equal(code, 1);
    assert.deepEqual([existsSync(output), existsSync(`${output}.part`)], [false, false]);
  });

  it('follows a log page by page until the job has ended', async () => {
    const afters: (string | null)[] = [];
    const { out } = await cli(['logs', JOB.id, '-f'], (request) => {
      const { pathname, searchParams } = new URL(request.url ?? '', 'http://x');
      if (!pathname.endsWith('/logs')) return [200, JOB];
      afters.push(searchParams.get('after'));
      const line = {
        attempt: 1,
        line: 1,
        time: '2026-01-01T00:00:00.000Z',
        level: 'info',
        message: 'hello',
        fields: null,
      };
      return [200, { data: [line], next: null }];
    });
    assert.deepEqual(out, ['2026-01-01T00:00:00.000Z #1 info  hello']);
    assert.deepEqual(afters, [null]);
  });

  it('prints the secret of a new key alone, and what belongs to it beside', async () => {
    const made = { id: 'AAAAAAAAAAAA', key: 'crk_AAAAAAAAAAAA_x', user: 'ada', team: 'vision', expiresAt: 'then' };
    let sent: unknown;
    const args = ['keys', 'create', 'ci', '--scopes', 'jobs:read,jobs:write', '--days', '30'];
    const { code, out, err } = await cli(args, (_request, body) => {
      sent = JSON.parse(body);
      return [201, made];
    });
    assert.deepEqual([code, out], [0, [made.key]]);
    assert.match(err[0] ?? '', /AAAAAAAAAAAA of ada in vision, until then/);
    assert.deepEqual(sent, { name: 'ci', scopes: ['jobs:read', 'jobs:write'], days: 30 });
  });

  it('sets quotas, lifts them by "none", and names the team of the key when none is named', async () => {
    const requests: string[] = [];
    const answer: Answer = ({ method, url }, body) => {
      requests.push(`${method} ${url} ${body}`.trim());
      if (url === '/v1/me') return [200, { team: 'vision' }];
      return [200, { id: 'vision', user: 'ada', role: 'viewer' }];
    };
    assert.equal((await cli(['teams', 'set', 'vision', '--max-slots', 'none', '--weight', '2'], answer)).code, 0);
    const { out } = await cli(['members', 'set', 'ada', 'viewer'], answer);
    assert.deepEqual(out, ['ada is viewer in vision']);
    assert.deepEqual(requests, [
      'PATCH /v1/teams/vision {"weight":2,"maxSlots":null}',
      'GET /v1/me',
      'PUT /v1/teams/vision/members/ada {"role":"viewer"}',
    ]);
    for (const args of [
      ['keys', 'explode'],
      ['keys', 'rotate'],
      ['members', 'set', 'ada'],
      ['teams', 'set', 'x', '--weight', 'heavy'],
    ])
      assert.equal((await cli(args)).code, 2, args.join(' '));
  });
});
