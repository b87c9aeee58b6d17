import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { loadConfig } from './config.ts';

const least = {
  DATABASE_URL: 'postgresql://crucible:secret@localhost:5432/crucible',
  REDIS_URL: 'redis://localhost:6379',
  CRUCIBLE_DATA_DIR: '/srv/data',
  CRUCIBLE_STATE_DIR: '/srv/state',
};

describe('loadConfig', () => {
  it('fills defaults', () => {
    const config = loadConfig(least);
    assert.equal(config.engine, 'auto');
    assert.equal(config.engineThreads, null);
    assert.equal(config.engineWinograd, true);
    assert.equal(config.enginePrecision, 'f32');
    assert.equal(config.engineAddon, null);
    assert.equal(config.allowSoftwareGpu, false);
    assert.equal(config.pool, 'default');
    assert.equal(config.isSupervised, false);
    assert.equal(config.logLevel, 'info');
    assert.equal(config.graceMs, 8000);
    assert.equal(config.leaseMs, 30_000);
    assert.equal(config.spoolLimitBytes, 2 ** 31);
    assert.ok(config.workerName.length > 0);
  });

  it('lists every fault at once, without a password', () => {
    const env = {
      DATABASE_URL: 'mysql://crucible:secret@localhost/crucible',
      CRUCIBLE_DATA_DIR: ' ',
      CRUCIBLE_STATE_DIR: '/srv/state',
      CRUCIBLE_ENGINE: 'cuda',
      CRUCIBLE_ENGINE_THREADS: '0',
      CRUCIBLE_ENGINE_WINOGRAD: 'yes',
      CRUCIBLE_ENGINE_PRECISION: 'f16',
      CRUCIBLE_ALLOW_SOFTWARE_GPU: 'on',
      CRUCIBLE_WORKER_NAME: 'a:b',
      CRUCIBLE_POOL: 'Big',
      CRUCIBLE_SUPERVISED: 'yes',
      CRUCIBLE_LOG_LEVEL: 'loud',
      CRUCIBLE_GRACE_SECONDS: '1.5',
      CRUCIBLE_LEASE_SECONDS: '0',
      CRUCIBLE_SPOOL_MIB: 'much',
    };
    assert.throws(
      () => loadConfig(env),
      ({ message }: Error) => {
        for (const name of [...Object.keys(env).filter((key) => key !== 'CRUCIBLE_STATE_DIR'), 'REDIS_URL'])
          assert.match(message, new RegExp(`^ {2}${name} `, 'm'));
        assert.doesNotMatch(message, /secret|CRUCIBLE_STATE_DIR/);
        return true;
      },
    );
  });

  it('keeps the services and every secret from the children', () => {
    const { childEnv } = loadConfig({
      ...least,
      PATH: '/bin',
      PGPASSWORD: 'a',
      AWS_SECRET_ACCESS_KEY: 'b',
      HF_TOKEN: 'c',
    });
    assert.deepEqual(Object.keys(childEnv).sort(), ['CRUCIBLE_DATA_DIR', 'CRUCIBLE_STATE_DIR', 'PATH']);
  });
});
