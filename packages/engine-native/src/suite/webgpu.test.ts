import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { extname } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { LoadEngineOptions } from '../engines/engine-start.ts';
import type { LoadedEngine } from '../probe.ts';
import { softwareVulkan } from '../testing/software-vulkan.ts';
import { assertSuite } from './assert-suite.ts';
import { runOnEngine } from './run-on-engine.ts';

const LOSS_TOLERANCE = 1e-4;

const run = promisify(execFile);
const extension = extname(import.meta.url);
const programOf = (name: string) => fileURLToPath(new URL(`../testing/${name}${extension}`, import.meta.url));
const env = softwareVulkan();

/** The JSON that a program prints, run with the software adapter or without any. */
async function answerOf(name: string, argument: string, vulkan: Readonly<Record<string, string>>): Promise<unknown> {
  const args = ['--conditions=development', '--import', 'tsx', programOf(name), argument];
  const { stdout } = await run(process.execPath, args, { env: { ...process.env, ...vulkan } });
  return JSON.parse(stdout.split('\n').find((text) => text.startsWith('{')) ?? '{}');
}

const tell = async (options: LoadEngineOptions, vulkan: Readonly<Record<string, string>>) =>
  (await answerOf('tell-engine', JSON.stringify(options), vulkan)) as Partial<LoadedEngine> & { code?: string };

const train = async (engine: string) =>
  (await answerOf('train-and-read', engine, env)) as { losses: number[]; refusal: string };

describe('webgpu on a software adapter', async () => {
  assertSuite(await runOnEngine('webgpu', 1, env));
});

describe('synchronous reads on webgpu', () => {
  it('let a training that reads its loss after every step run as on the plain engine', async () => {
    const [expected, actual] = [await train('cpu'), await train('webgpu')];
    assert.equal(actual.losses.length, 4);
    for (const [step, loss] of expected.losses.entries())
      assert.ok(Math.abs(loss - (actual.losses[step] ?? Number.NaN)) < LOSS_TOLERANCE, `${step}: ${actual.losses}`);
    assert.ok((actual.losses[3] ?? 0) < (actual.losses[0] ?? 0), 'the loss falls');
    assert.match(actual.refusal, /a read by data\(\) is on its way/);
  });
});

describe('the choice of webgpu', () => {
  it('takes a software adapter when it is named, and says what it is', async () => {
    const engine = await tell({ engine: 'webgpu', threads: 1 }, env);
    assert.equal(engine.name, 'webgpu');
    assert.match(engine.device ?? '', /SwiftShader.*\(software adapter\)/);
    assert.equal(engine.versions?.webgpu, '0.6.2');
  });

  it('refuses a software adapter under auto, unless it is allowed', async () => {
    const refused = await tell({ engine: 'auto', threads: 1 }, env);
    assert.ok(refused.reasons?.some(({ engine, code }) => engine === 'webgpu' && code === 'software-adapter'));
    assert.notEqual(refused.name, 'webgpu');
    const allowed = await tell({ engine: 'auto', threads: 1, allowSoftwareGpu: true }, env);
    assert.equal(allowed.name, 'webgpu');
  });

  it('names the reason where there is no adapter', async () => {
    const none = { VK_DRIVER_FILES: '/absent/driver.json', VK_ICD_FILENAMES: '/absent/driver.json' };
    assert.equal((await tell({ engine: 'webgpu', threads: 1 }, none)).code, 'no-adapter');
  });
});
