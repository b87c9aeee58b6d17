import assert from 'node:assert/strict';
import { extname } from 'node:path';
import { describe, it } from 'node:test';
import { type ProbeParts, probeEngine } from './engine-probe.ts';

const env = Object.fromEntries(Object.entries(process.env).map(([name, value]) => [name, String(value)]));
const parts = (name: string): ProbeParts => ({
  module: new URL(`./${name}${extname(import.meta.url)}`, import.meta.url),
  env,
});

describe('probeEngine', { concurrency: 2 }, () => {
  it('says what a named engine is', async () => {
    const engine = await probeEngine({ name: 'cpu', threads: 1 }, parts('executor/probe'));
    assert.equal(engine.name, 'cpu');
    assert.equal(engine.threads, 1);
    assert.ok(engine.device.length > 0);
  });

  it('never replaces a named engine by another, and says why with a code', () =>
    assert.rejects(
      probeEngine({ name: 'onednn', threads: 1, addonPath: '/absent/onednn.node' }, parts('executor/probe')),
      /^ProbeError: engine onednn is not available \(addon-not-built\): \/absent\/onednn.node does not exist/,
    ));

  it('goes on to the next engine when a driver crashes the probe, and says so', async () => {
    const engine = await probeEngine({ name: 'auto', threads: 1 }, parts('executor/testing/crashing-probe'));
    assert.ok(engine.name === 'onednn' || engine.name === 'cpu');
    const [crash, next] = engine.reasons;
    assert.equal(crash?.code, 'probe-crashed');
    assert.match(crash?.message ?? '', /signal SIGSEGV/);
    assert.deepEqual([next?.engine, next?.code], ['tfjs-node', 'not-installed']);
  });

  it('ends a probe that does not answer in time', () =>
    assert.rejects(
      probeEngine({ name: 'cpu', threads: 1 }, { ...parts('executor/probe'), limitMs: 1 }),
      /engine cpu is not available \(probe-timeout\): no answer within 0.001 s/,
    ));
});
