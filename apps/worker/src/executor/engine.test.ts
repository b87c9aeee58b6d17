import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EngineInfo } from '@crucible/contracts';
import { ENGINE_NAMES } from '@crucible/engine-native';

describe('the names of engines', () => {
  it('are those of the contract, in the order in which they are tried', () =>
    assert.deepEqual([...EngineInfo.properties.name.enum], [...ENGINE_NAMES]));
});
