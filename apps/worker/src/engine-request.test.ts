import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { engineRequest, whySlow } from './engine-request.ts';

describe('engineRequest', () => {
  it('names the file of the native engine only when the settings do', () => {
    const settings = {
      engine: 'auto',
      engineWinograd: false,
      enginePrecision: 'bf16',
      engineAddon: null,
      allowSoftwareGpu: true,
    } as const;
    const request = { name: 'auto', threads: 2, winograd: false, precision: 'bf16', allowSoftwareGpu: true };
    assert.deepEqual(engineRequest(settings, 2), request);
    assert.deepEqual(engineRequest({ ...settings, engineAddon: '/opt/onednn.node' }, 2), {
      ...request,
      addonPath: '/opt/onednn.node',
    });
  });
});

describe('whySlow', () => {
  it('gives the reason against the native engine in one line', () => {
    const reason = { engine: 'onednn', code: 'addon-not-built', message: '/opt/onednn.node does not exist' };
    const line = whySlow({ reasons: [{ engine: 'webgpu', code: 'no-adapter', message: 'no GPU' }, reason] });
    assert.match(line, /addon-not-built, \/opt\/onednn.node does not exist/);
    assert.doesNotMatch(line, /\n/);
  });
});
