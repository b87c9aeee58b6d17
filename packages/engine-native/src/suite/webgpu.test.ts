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

const run = promisify(execFile);
const extension = extname(import.meta.url);
const program = fileURLToPath(new URL(`../testing/tell-engine${extension}`, import.meta.url));
const env = softwareVulkan();

/** What an own process finds, with the software adapter or without any. */
async function tell(options: LoadEngineOptions, vulkan: Readonly<Record<string, string>>) {
  const args = ['--conditions=development', '--import', 'tsx', program, JSON.stringify(options)];
  const { stdout } = await run(process.execPath, args, { env: { ...process.env, ...vulkan } });
  const line = stdout.split('\n').find((text) => text.startsWith('{')) ?? '{}';
  return JSON.parse(line) as Partial<LoadedEngine> & { code?: string };
}

describe('webgpu on a software adapter', async () => {
  assertSuite(await runOnEngine('webgpu', 1, env));
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
