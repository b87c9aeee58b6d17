import assert from 'node:assert/strict';
import { extname } from 'node:path';
import { describe, it } from 'node:test';
import { probeEngine } from './engine-probe.ts';

const program = (name: string) => new URL(`./${name}${extname(import.meta.url)}`, import.meta.url);
const env = Object.fromEntries(Object.entries(process.env).map(([name, value]) => [name, String(value)]));

describe('probeEngine', { concurrency: 2 }, () => {
  it('says what a named engine is', async () => {
    const engine = await probeEngine('cpu', { module: program('executor/probe'), env, threads: 1 });
    assert.equal(engine.name, 'cpu');
    assert.equal(engine.threads, 1);
    assert.ok(engine.device.length > 0);
  });

  it('never replaces a named engine by another', () =>
    assert.rejects(
      probeEngine('webgpu', { module: program('executor/probe'), env, threads: 1 }),
      /engine webgpu is not supported/,
    ));

  it('goes on to the next engine when a driver crashes the probe, and says so', async () => {
    const engine = await probeEngine('auto', { module: program('executor/testing/crashing-probe'), env, threads: 1 });
    assert.ok(engine.name === 'onednn' || engine.name === 'cpu');
    const crash = engine.reasons.find((reason) => reason.engine === 'tfjs-node-gpu');
    assert.equal(crash?.code, 'probe-died');
    assert.match(crash?.message ?? '', /signal SIGSEGV/);
  });

  it('ends a probe that hangs', () =>
    assert.rejects(
      probeEngine('cpu', { module: program('executor/probe'), env, threads: 1, limitMs: 1 }),
      /probe of engine cpu ended with signal SIGKILL/,
    ));
});
