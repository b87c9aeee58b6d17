import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { EngineInfo } from '@crucible/contracts';
import { engineChange } from './engine-change.ts';

const onednn: EngineInfo = {
  name: 'onednn',
  device: 'A processor',
  threads: 2,
  isa: 'avx512_core',
  versions: { tfjs: '4.22.0', oneDnn: '2.6.3' },
  reasons: [],
};

describe('engineChange', () => {
  it('says nothing when the same engine goes on, however it was chosen', () => {
    const reasons = [{ engine: 'webgpu', code: 'no-adapter', message: 'no GPU' }];
    const versions = { oneDnn: '2.6.3', tfjs: '4.22.0' };
    assert.equal(engineChange(onednn, { ...onednn, versions, reasons }), null);
  });

  it('names both engines when anything that decides the last bits differs', () => {
    const changes: Partial<EngineInfo>[] = [
      { name: 'cpu' },
      { device: 'Another processor' },
      { threads: 1 },
      { isa: 'avx2' },
      { versions: { tfjs: '4.22.0', oneDnn: '3.0.0' } },
    ];
    for (const change of changes) {
      const warning = engineChange(onednn, { ...onednn, ...change }) ?? '';
      assert.match(warning, /\(onednn on A processor, 2 thread\(s\), avx512_core, tfjs 4.22.0, oneDnn 2.6.3\)/);
      assert.match(warning, new RegExp(String(Object.values(change.versions ?? change).at(-1))));
    }
  });
});
