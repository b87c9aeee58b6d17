import assert from 'node:assert/strict';
import fs from 'node:fs';
import { describe, it } from 'node:test';
import { inProject } from './lib/project.mjs';

/** What the services read from their environment. */
const SERVICE_NAMES = [
  ...['DATABASE_URL', 'REDIS_URL', 'CRUCIBLE_HOST', 'CRUCIBLE_PORT', 'CRUCIBLE_DASHBOARD_DIR'],
  ...['CRUCIBLE_DATA_DIR', 'CRUCIBLE_STATE_DIR', 'CRUCIBLE_ENGINE', 'CRUCIBLE_ENGINE_THREADS', 'CRUCIBLE_WORKER_NAME'],
];
const IMAGE_NAMES = ['POSTGRES_USER', 'POSTGRES_PASSWORD', 'POSTGRES_DB', 'NODE_ENV'];

const read = (file) => fs.readFileSync(inProject(file), 'utf8');

describe('docker-compose.yml and Dockerfile', () => {
  it('set only variables that somebody reads', () => {
    const compose = [...read('docker-compose.yml').matchAll(/^\s+([A-Z][A-Z0-9_]+):/gm)].map((match) => match[1]);
    const lines = read('Dockerfile')
      .split('\n')
      .filter((line) => line.startsWith('ENV '));
    const image = lines.flatMap((line) => [...line.matchAll(/([A-Z][A-Z0-9_]+)=/g)].map((match) => match[1]));
    assert.ok(compose.includes('DATABASE_URL') && image.includes('CRUCIBLE_DATA_DIR'));
    for (const name of [...compose, ...image]) assert.ok([...SERVICE_NAMES, ...IMAGE_NAMES].includes(name), name);
  });

  it('build only targets that the Dockerfile has', () => {
    const wanted = [...read('docker-compose.yml').matchAll(/target: (\S+)/g)].map((match) => match[1]);
    const stages = [...read('Dockerfile').matchAll(/^FROM \S+ AS (\S+)$/gm)].map((match) => match[1]);
    assert.deepEqual([...new Set(wanted)].sort(), ['api', 'migrate', 'worker', 'worker-gpu']);
    for (const target of wanted) assert.ok(stages.includes(target), target);
  });

  it('depend only on services that are there', () => {
    const compose = read('docker-compose.yml');
    const body = compose.slice(compose.indexOf('\nservices:'), compose.indexOf('\nvolumes:'));
    const services = [...body.matchAll(/^ {2}([a-z-]+):$/gm)].map((match) => match[1]);
    assert.deepEqual(services, ['postgres', 'redis', 'migrate', 'api', 'worker', 'worker-gpu']);
  });
});
