import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Reference } from '@crucible/contracts';
import { DataError } from '../method.ts';
import { readStructures } from './read-structures.ts';

const STRUCTURE = 'SuperConvK3BNRELU(1,8,1,1)SuperResK3K3(8,8,2,8,1)';
const fileOf = (sha256: string): Reference => ({ fromArtifact: sha256.repeat(64) });
const input = async (reference: Reference): Promise<Uint8Array> =>
  new TextEncoder().encode(
    'fromArtifact' in reference && reference.fromArtifact.startsWith('a') ? `${STRUCTURE}\n` : '?',
  );

describe('readStructures', () => {
  it('writes out what architectures name, wherever they are, and leaves every other reference', async () => {
    const model = { kind: 'structure', structure: fileOf('a'), squeezeExcite: true };
    const config = {
      model,
      teachers: [{ model }, { model: { kind: 'mlp', hidden: [] } }],
      weights: fileOf('a'),
      none: null,
    };
    const read = { ...model, structure: STRUCTURE };
    assert.deepEqual(await readStructures(config, input), {
      ...config,
      model: read,
      teachers: [{ model: read }, config.teachers[1]],
    });
    assert.ok(typeof model.structure === 'object', 'the config itself has changed');
  });

  it('keeps a written structure', async () => {
    const config = { model: { kind: 'structure', structure: STRUCTURE } };
    assert.deepEqual(await readStructures(config, input), config);
  });

  it('refuses a file without a structure', async () => {
    const config = { model: { kind: 'structure', structure: fileOf('b') } };
    await assert.rejects(readStructures(config, input), DataError);
  });
});
