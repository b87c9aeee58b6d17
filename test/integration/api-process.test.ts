import assert from 'node:assert/strict';
import { type ChildProcessByStdio, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { withDatabase } from '../support/database.ts';
import { testRedisUrl } from '../support/running-api.ts';

const run = promisify(execFile);
const { databaseUrl } = await withDatabase();
const source = (name: string) => fileURLToPath(new URL(`../../apps/api/src/${name}`, import.meta.url));
const nodeArgs = ['--conditions=development', '--import', 'tsx'];

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

describe('the API as a process', () => {
  const children = new Set<Child>();
  after(() => {
    for (const child of children) child.kill('SIGKILL');
  });

  const start = async (env: Record<string, string>): Promise<{ child: Child; url: string; stderr: () => string }> => {
    const child = spawn(process.execPath, [...nodeArgs, source('main.ts')], {
      env: { ...process.env, DATABASE_URL: databaseUrl, REDIS_URL: testRedisUrl(), ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    children.add(child);
    let stderr = '';
    child.stderr.on('data', (chunk) => {
      stderr += String(chunk);
    });
    const line = await Promise.race([
      once(createInterface(child.stdout), 'line').then(([text]) => String(text)),
      once(child, 'exit').then(([code]) => assert.fail(`exit ${code}: ${stderr}`)),
    ]);
    return { child, url: (JSON.parse(line) as { listening: string }).listening, stderr: () => stderr };
  };
  const exitCode = async (child: Child): Promise<number | null> => {
    const [code] = await once(child, 'exit');
    children.delete(child);
    return code;
  };

  it('says where it listens, takes a key that the command line made, and goes at SIGTERM', async () => {
    const { child, url, stderr } = await start({});
    assert.match(url, /^http:\/\/127\.0\.0\.1:\d+$/);
    const { stdout } = await run(process.execPath, [...nodeArgs, source('create-key.ts'), '--name', 'me', '--json'], {
      env: { ...process.env, DATABASE_URL: databaseUrl },
    });
    const { name, key } = JSON.parse(stdout) as { name: string; key: string };
    assert.equal(name, 'me');
    const response = await fetch(`${url}/v1/jobs`, { headers: { authorization: `Bearer ${key}` } });
    assert.equal(response.status, 200);
    child.kill('SIGTERM');
    assert.equal(await exitCode(child), 0, stderr());
    assert.ok(!stderr().includes(key));
  });

  it('goes when its supervisor is gone', async () => {
    const { child, stderr } = await start({ CRUCIBLE_SUPERVISED: '1' });
    child.stdin.end();
    assert.equal(await exitCode(child), 0, stderr());
  });

  it('names every bad variable and does not start', async () => {
    const failure = await run(process.execPath, [...nodeArgs, source('main.ts')], {
      env: { PATH: process.env.PATH ?? '', DATABASE_URL: 'mysql://x', CRUCIBLE_PORT: 'web' },
    }).then(
      () => assert.fail('it started'),
      (error: { code: number; stderr: string }) => error,
    );
    assert.equal(failure.code, 2);
    for (const name of ['DATABASE_URL', 'REDIS_URL', 'CRUCIBLE_PORT']) assert.match(failure.stderr, new RegExp(name));
  });

  it('says what to do when the database has no tables', async () => {
    const empty = new URL(databaseUrl);
    empty.pathname = '/postgres';
    const failure = await run(process.execPath, [...nodeArgs, source('main.ts')], {
      env: { ...process.env, DATABASE_URL: empty.href, REDIS_URL: testRedisUrl() },
    }).then(
      () => assert.fail('it started'),
      (error: { code: number; stderr: string }) => error,
    );
    assert.equal(failure.code, 1);
    assert.match(failure.stderr, /prisma migrate deploy/);
  });

  it('asks for a name before it makes a key', async () => {
    await assert.rejects(run(process.execPath, [...nodeArgs, source('create-key.ts')]), /--name NAME/);
  });
});
