import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, it } from 'node:test';
import { getBackend } from '@tensorflow/tfjs-core';
import { loadAddon } from './addon.ts';
import { EngineUnavailableError } from './engine-error.ts';
import { loadEngine } from './probe.ts';
import { selfTestFaults } from './self-test.ts';

// No GPU for these tests, wherever they run: the loader of Vulkan reads this when WebGPU is loaded.
process.env.VK_DRIVER_FILES = '/absent/driver.json';
process.env.VK_ICD_FILENAMES = '/absent/driver.json';

const codeOf = (action: () => unknown): string => {
  try {
    action();
  } catch (failure) {
    if (failure instanceof EngineUnavailableError) return failure.code;
    throw failure;
  }
  return 'no failure';
};

describe('loadEngine', () => {
  it('starts the native engine by name and says what it runs on', async () => {
    const engine = await loadEngine({ engine: 'onednn', threads: 2 });
    assert.equal(engine.name, 'onednn');
    assert.equal(engine.threads, 2);
    assert.match(engine.versions.oneDnn ?? '', /^\d+\.\d+/);
    assert.match(engine.isa, /^avx/);
    assert.deepEqual(engine.reasons, []);
    assert.equal(getBackend(), 'onednn');
  });

  it('starts the plain engine by name', async () => {
    const engine = await loadEngine({ engine: 'cpu', threads: 1 });
    assert.equal(engine.name, 'cpu');
    assert.equal(getBackend(), 'cpu');
  });

  it('passes over engines that are not there, with the reason, under auto', async () => {
    const engine = await loadEngine({ engine: 'auto', threads: 2 });
    const passedOver = engine.reasons.map(({ engine, code }) => `${engine}: ${code}`);
    assert.equal(engine.name, 'onednn');
    assert.deepEqual(passedOver.slice(0, 2), ['tfjs-node-gpu: not-installed', 'tfjs-node: not-installed']);
    assert.equal(passedOver[2], 'webgpu: no-adapter');
  });

  it('goes on to the plain engine when the addon is not built, with the reason', async () => {
    const engine = await loadEngine({ engine: 'auto', threads: 2, addonPath: '/absent/onednn.node' });
    assert.equal(engine.name, 'cpu');
    const { code, message } = engine.reasons.find(({ engine }) => engine === 'onednn') ?? {};
    assert.equal(code, 'addon-not-built');
    assert.match(message ?? '', /^\/absent\/onednn.node does not exist/);
  });

  it('never replaces a named engine by another', async () => {
    await assert.rejects(
      loadEngine({ engine: 'tfjs-node-gpu', threads: 1 }),
      (failure: unknown) => failure instanceof EngineUnavailableError && failure.code === 'not-installed',
    );
    await assert.rejects(
      loadEngine({ engine: 'onednn', threads: 1, addonPath: '/absent/onednn.node' }),
      /engine onednn is not available \(addon-not-built\): /,
    );
  });

  it('refuses a thread count that is not a whole number from 1', async () => {
    await assert.rejects(loadEngine({ engine: 'cpu', threads: 0 }), RangeError);
  });
});

describe('loadAddon', () => {
  it('tells a missing file from one that does not load', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'addon-'));
    const broken = path.join(folder, 'onednn.node');
    writeFileSync(broken, 'not a library');
    try {
      assert.equal(
        codeOf(() => loadAddon(path.join(folder, 'absent.node'))),
        'addon-not-built',
      );
      assert.equal(
        codeOf(() => loadAddon(broken)),
        'abi-mismatch',
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('refuses arrays that are shorter than the work', async () => {
    const addon = loadAddon();
    const short = new Float32Array(3);
    assert.throws(
      () => addon.binary(0, new Float32Array(4), short, new Float32Array(4), 0, 1, 1, 4),
      /has 3 elements, needs 4/,
    );
    assert.throws(() => addon.sum(short, short, 2, 2, 2, 1), /needs 8/);
  });
});

describe('selfTestFaults', () => {
  it('finds nothing on both engines', async () => {
    for (const engine of ['cpu', 'onednn'] as const) {
      await loadEngine({ engine, threads: 1 });
      assert.deepEqual(await selfTestFaults(), []);
    }
  });
});
