import assert from 'node:assert/strict';
import fs from 'node:fs';
import { describe, it } from 'node:test';
import { inProject } from './lib/project.mjs';

/** Names that the services read from their environment, as their settings list them. */
const serviceNames = () =>
  ['apps/api/src/config.ts', 'apps/worker/src/config.ts'].flatMap(
    (file) => read(file).match(/\b(DATABASE_URL|REDIS_URL|CRUCIBLE_[A-Z_]+)\b/g) ?? [],
  );
const IMAGE_NAMES = ['POSTGRES_USER', 'POSTGRES_PASSWORD', 'POSTGRES_DB', 'NODE_ENV', 'NVIDIA_DRIVER_CAPABILITIES'];

const read = (file) => fs.readFileSync(inProject(file), 'utf8');

describe('docker-compose.yml and Dockerfile', () => {
  it('set only variables that somebody reads', () => {
    const compose = [...read('docker-compose.yml').matchAll(/^\s+([A-Z][A-Z0-9_]+):/gm)].map((match) => match[1]);
    const lines = read('Dockerfile')
      .split('\n')
      .filter((line) => line.startsWith('ENV '));
    const image = lines.flatMap((line) => [...line.matchAll(/([A-Z][A-Z0-9_]+)=/g)].map((match) => match[1]));
    assert.ok(compose.includes('DATABASE_URL') && image.includes('CRUCIBLE_DATA_DIR'));
    const known = [...serviceNames(), ...IMAGE_NAMES];
    for (const name of [...compose, ...image]) assert.ok(known.includes(name), name);
  });

  it('build only targets that the Dockerfile has', () => {
    const wanted = [...read('docker-compose.yml').matchAll(/target: ([a-z-]+)$/gm)].map((match) => match[1]);
    const stages = [...read('Dockerfile').matchAll(/^FROM \S+ AS (\S+)$/gm)].map((match) => match[1]);
    assert.deepEqual([...new Set(wanted)].sort(), ['api', 'migrate', 'worker', 'worker-gpu']);
    for (const target of wanted) assert.ok(stages.includes(target), target);
  });

  it('depend only on services that are there', () => {
    const compose = read('docker-compose.yml');
    const body = compose.slice(compose.indexOf('\nservices:'), compose.indexOf('\nconfigs:'));
    const services = [...body.matchAll(/^ {2}([a-z-]+):$/gm)].map((match) => match[1]);
    assert.deepEqual(services, ['postgres', 'redis', 'migrate', 'api', 'worker', 'worker-gpu']);
  });
});
