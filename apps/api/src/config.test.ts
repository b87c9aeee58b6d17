import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CrucibleError } from '@crucible/contracts';
import { loadConfig, loadDatabaseUrl } from './config.ts';

const GOOD = { DATABASE_URL: 'postgresql://u:p@127.0.0.1:5432/crucible', REDIS_URL: 'redis://127.0.0.1:6379' };

const faultsIn = (env: Record<string, string | undefined>): string[] => {
  try {
    loadConfig(env);
  } catch (error) {
    assert.ok(error instanceof CrucibleError);
    return error.faults.map(({ pointer }) => pointer).sort();
  }
  return [];
};

describe('loadConfig', () => {
  it('fills defaults and freezes the result', () => {
    const config = loadConfig({ ...GOOD, HOME: '/ignored' });
    assert.deepEqual(config, {
      databaseUrl: GOOD.DATABASE_URL,
      redisUrl: GOOD.REDIS_URL,
      host: '127.0.0.1',
      port: 0,
      dashboardDir: null,
      scrubDays: 14,
      retention: { points: 180, logs: 60, events: 400 },
      isSupervised: false,
      leaseSeconds: 30,
      logLevel: 'info',
    });
    assert.ok(Object.isFrozen(config));
  });

  it('reads numbers and booleans from their strings', () => {
    const config = loadConfig({ ...GOOD, CRUCIBLE_PORT: '8080', CRUCIBLE_SUPERVISED: '1' });
    assert.deepEqual([config.port, config.isSupervised], [8080, true]);
  });

  it('names every bad variable at once', () => {
    assert.deepEqual(
      faultsIn({ DATABASE_URL: 'mysql://x', CRUCIBLE_PORT: '99999', CRUCIBLE_LOG_LEVEL: 'loud', CRUCIBLE_HOST: 'x' }),
      ['CRUCIBLE_LOG_LEVEL', 'CRUCIBLE_PORT', 'DATABASE_URL', 'REDIS_URL'],
    );
    assert.deepEqual(faultsIn({ ...GOOD, CRUCIBLE_PORT: 'web' }), ['CRUCIBLE_PORT']);
  });

  it('takes an empty variable as absent', () => {
    assert.equal(loadConfig({ ...GOOD, CRUCIBLE_HOST: '' }).host, '127.0.0.1');
    assert.deepEqual(faultsIn({ ...GOOD, REDIS_URL: '' }), ['REDIS_URL']);
  });

  it('never repeats a value, which may be a password', () => {
    assert.throws(
      () => loadConfig({ ...GOOD, DATABASE_URL: 'mysql://u:hunter2@h/d' }),
      (error: Error) => error.message.includes('DATABASE_URL') && !error.message.includes('hunter2'),
    );
  });
});

describe('loadDatabaseUrl', () => {
  it('asks for nothing but the database', () => {
    assert.equal(loadDatabaseUrl({ DATABASE_URL: GOOD.DATABASE_URL }), GOOD.DATABASE_URL);
    assert.throws(() => loadDatabaseUrl({}), /DATABASE_URL is required/);
  });
});
