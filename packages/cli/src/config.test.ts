import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { configPath, loadConfig } from './config.ts';

describe('loadConfig', () => {
  const home = mkdtempSync(join(tmpdir(), 'crucible-cli-'));
  after(() => rmSync(home, { recursive: true }));

  it('names what is missing and the file that could say it', () => {
    assert.throws(() => loadConfig({ HOME: home, CRUCIBLE_URL: 'http://x' }), {
      name: 'UsageError',
      message: new RegExp(`Set CRUCIBLE_KEY, or write .* to ${home}/.config/crucible/config.json`),
    });
  });

  it('takes from the file what the environment does not say', () => {
    const env = { HOME: home };
    mkdirSync(join(configPath(env), '..'), { recursive: true });
    writeFileSync(configPath(env), JSON.stringify({ url: 'http://file', key: 'crk_file' }));
    assert.deepEqual(loadConfig(env), { url: 'http://file', key: 'crk_file' });
    assert.deepEqual(loadConfig({ ...env, CRUCIBLE_KEY: 'crk_env' }), { url: 'http://file', key: 'crk_env' });
  });

  it('says which file is no JSON', () => {
    const env = { XDG_CONFIG_HOME: home };
    mkdirSync(join(home, 'crucible'));
    writeFileSync(configPath(env), 'url: x');
    assert.throws(() => loadConfig(env), /config\.json is not JSON/);
  });
});
