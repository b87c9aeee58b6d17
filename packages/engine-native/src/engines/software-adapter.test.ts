import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isSoftwareAdapter } from './software-adapter.ts';

const names = { vendor: '', architecture: '', device: '', description: '' };

describe('isSoftwareAdapter', () => {
  it('knows drivers that compute on the CPU by any of their names', () => {
    assert.ok(isSoftwareAdapter({ ...names, description: 'SwiftShader driver 5.0.0' }));
    assert.ok(isSoftwareAdapter({ ...names, device: 'llvmpipe (LLVM 15.0.6, 256 bits)' }));
    assert.ok(isSoftwareAdapter({ ...names, architecture: 'swiftshader' }));
    assert.ok(isSoftwareAdapter({ ...names, description: 'Microsoft Basic Render Driver' }));
  });

  it('believes an adapter that calls itself a fallback', () =>
    assert.ok(isSoftwareAdapter({ ...names, description: 'some driver', isFallbackAdapter: true })));

  it('takes a GPU for one', () => {
    assert.equal(isSoftwareAdapter({ ...names, vendor: 'nvidia', architecture: 'ampere', device: 'A100' }), false);
  });
});
