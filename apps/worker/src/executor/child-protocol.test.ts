import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { CheckpointManifest, FromChild, ToChild } from '@crucible/contracts';
import { type Child, forkChild } from './fork.ts';
import { outcomeOf } from './outcome.ts';
import { stopChild } from './stop-ladder.ts';
import type { TinyConfig } from './testing/tiny-method.ts';

const module = new URL(`./testing/tiny-child${extname(import.meta.url)}`, import.meta.url);
const env = Object.fromEntries(Object.entries(process.env).filter((entry): entry is [string, string] => !!entry[1]));

type Kind = FromChild['kind'];
type Of<K extends Kind> = Extract<FromChild, { kind: K }>;

describe('a child', { concurrency: 3 }, () => {
  let folder = '';
  let runs = 0;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'child-'));
  });
  after(() => rm(folder, { recursive: true }));

  /** Starts a child and gathers what it says; `onMessage` sees each message as it comes. */
  const start = (
    config: Partial<TinyConfig>,
    onMessage: (message: FromChild, child: Child) => void = () => {},
    values: Partial<Extract<ToChild, { kind: 'start' }>> = {},
  ) => {
    const messages: FromChild[] = [];
    const lines: string[] = [];
    const child = forkChild({
      module,
      env,
      onMessage: (message) => {
        messages.push(message);
        onMessage(message, child);
      },
      onLine: (stream, line) => lines.push(`${stream} ${line}`),
      onMisfit: (message) => assert.fail(JSON.stringify(message)),
    });
    child.send({
      kind: 'start',
      jobId: 'job',
      attempt: 1,
      method: 'tiny',
      config: { steps: 6, every: 2, at: 99, fault: 'none', ...config },
      seed: 7,
      dataDir: folder,
      spoolDir: join(folder, `spool-${++runs}`),
      engine: { name: 'none', threads: 1 },
      resume: null,
      ...values,
    });
    const of = <K extends Kind>(kind: K) => messages.filter((message): message is Of<K> => message.kind === kind);
    const loss = () => of('metrics').flatMap(({ points }) => points.map(({ step, value }) => [step, value]));
    return { child, messages, lines, of, loss };
  };

  it('runs its method and reports everything in order', async () => {
    const run = start({}, undefined, { engine: { name: 'cpu', threads: 1 } });
    assert.deepEqual(await run.child.exit, {
      code: 0,
      signal: null,
      startError: null,
      lastWords: '',
      isOomKill: false,
    });
    assert.equal(run.messages[0]?.kind, 'ready');
    assert.equal(run.of('ready')[0]?.engine.name, 'cpu');
    assert.ok(run.of('ready')[0]?.engine.versions.tfjs);
    assert.deepEqual(
      run.loss().map(([step]) => step),
      [1, 2, 3, 4, 5, 6],
    );
    assert.deepEqual(
      run.of('checkpoint').map(({ manifest }) => manifest.step),
      [2, 4, 6],
    );
    // Points that lead to a checkpoint leave before it.
    const firstCheckpoint = run.messages.findIndex(({ kind }) => kind === 'checkpoint');
    assert.ok(run.messages.slice(0, firstCheckpoint).some(({ kind }) => kind === 'metrics'));
    assert.deepEqual(run.messages.at(-1), { kind: 'done', summary: { steps: 6 } });
    assert.deepEqual(run.of('log')[0]?.fields, { step: 0 });
    const artifact = run.of('artifact')[0];
    assert.equal(artifact?.name, 'weights.bin');
    assert.equal((await readFile(artifact?.path ?? '')).byteLength, 12);
  });

  it('goes on from a checkpoint as if it had never ended', async () => {
    const whole = start({});
    await whole.child.exit;
    const at = whole.of('checkpoint')[1];
    assert.equal(at?.manifest.step, 4);
    const manifest = at?.manifest as CheckpointManifest;
    const rest = start({}, undefined, { resume: { manifest, dir: at?.dir ?? '' } });
    await rest.child.exit;
    assert.deepEqual(rest.loss(), whole.loss().slice(4));
    const bytes = (run: typeof whole) => readFile(run.of('artifact')[0]?.path ?? '');
    assert.deepEqual(await bytes(rest), await bytes(whole));
  });

  const failures: [TinyConfig['fault'], string, RegExp][] = [
    ['throw', 'method-error', /^as asked$/],
    ['data', 'data-error', /^no such data$/],
    ['non-finite', 'non-finite', /^loss is NaN$/],
    ['stop', 'method-error', /asked to stop/],
    ['undeclared', 'method-error', /tiny reports train\/mystery, which its descriptor does not declare/],
    ['late-throw', 'method-error', /^from nowhere$/],
  ];
  for (const [fault, endCode, message] of failures)
    it(`reports ${fault} as ${endCode}`, async () => {
      const run = start({ fault, at: 1 });
      await run.child.exit;
      assert.equal(run.of('failed')[0]?.endCode, endCode);
      assert.match(run.of('failed')[0]?.message ?? '', message);
    });

  it('refuses what could not be stored: a state beyond JSON, a summary that does not fit', async () => {
    const state = start({ fault: 'bad-state' });
    await state.child.exit;
    assert.match(state.of('failed')[0]?.message ?? '', /checkpoint\.state\/best is NaN/);
    const summary = start({ fault: 'bad-summary' });
    await summary.child.exit;
    assert.match(summary.of('failed')[0]?.message ?? '', /summary of tiny does not fit: \/steps/);
  });

  it('refuses a config that does not fit its version of the method, and fills what was added since', async () => {
    const filled = start({ steps: 2 }); // without a pace
    await filled.child.exit;
    assert.equal(filled.of('done').length, 1);
    const other = start({ paceMs: -1 });
    await other.child.exit;
    assert.match(other.of('failed')[0]?.message ?? '', /another version of tiny .* \/paceMs must be/);
  });

  it('names an unknown method and an engine that is not there', async () => {
    const method = start({}, undefined, { method: 'other' });
    await method.child.exit;
    assert.match(method.of('failed')[0]?.message ?? '', /no method "other"/);
    const engine = start({}, undefined, { engine: { name: 'webgpu', threads: 1 } });
    await engine.child.exit;
    assert.equal(engine.of('failed')[0]?.endCode, 'engine-unavailable');
  });

  it('saves a last checkpoint when it is asked to release its job', async () => {
    const run = start({ steps: 1_000_000, every: 1_000_000 }, (message, child) => {
      if (message.kind === 'progress' && message.step === 3) child.send({ kind: 'stop', reason: 'release' });
    });
    await run.child.exit;
    assert.deepEqual(run.messages.at(-1), { kind: 'stopped' });
    const checkpoint = run.of('checkpoint').at(-1);
    assert.ok((checkpoint?.manifest.step ?? 0) >= 3);
    assert.ok(existsSync(join(checkpoint?.dir ?? '', '0')));
  });

  it('is ended by signals when it does not listen', async () => {
    const run = start({ fault: 'deaf', at: 2 }, (message, child) => {
      if (message.kind === 'log' && message.message === 'deaf')
        stopChild(child, 'cancel', { messageMs: 50, termMs: 10_000 });
    });
    const exit = await run.child.exit;
    assert.equal(exit.signal, 'SIGTERM');
    assert.equal(outcomeOf(null, exit, 'cancel').kind, 'finish');
  });

  it('that is killed, or exits without a word, is told apart', async () => {
    const killed = await start({ fault: 'abort', at: 1 }).child.exit;
    assert.equal(killed.signal, 'SIGKILL');
    const exited = start({ fault: 'exit', at: 1 });
    const exit = await exited.child.exit;
    assert.equal(exit.code, 3);
    assert.match(exit.lastWords, /last words/);
    assert.ok(exited.lines.includes('stderr last words'));
  });
});
