import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CrucibleError } from '../errors.ts';
import { resolveConfig } from './registry.ts';

const faultsOf = (config: object): string[] => {
  try {
    resolveConfig('genet', config);
    return [];
  } catch (error) {
    if (!(error instanceof CrucibleError)) throw error;
    return error.faults.map(({ pointer, message }) => `${pointer} ${message}`);
  }
};

describe('the config of genet', () => {
  const reference = { fromJob: 'other', artifact: 'weights.safetensors' };

  it('is whole by its defaults', () => assert.deepEqual(faultsOf({}), []));

  for (const [config, fault] of [
    [{ task: 'rank' }, /^\/config\/weights is required for rank$/],
    [{ weights: reference }, /^\/config\/weights belongs to rank alone$/],
    [{ task: 'profile', latency: { table: reference } }, /^\/config\/latency\/table must be null for profile/],
    [{ training: { validationSamples: 0 } }, /^\/config\/training\/validationSamples must be at least 1 for llr/],
    [{ structure: 'SuperConvK3BNRELU(1,8,1,1)' }, /^\/config\/structure has no block of GENet/],
    [{ structure: 'SuperResKXKX(3,8,3,1,1,1)' }, /^\/config\/structure takes 3 input channels, fashion-mnist has 1/],
    [
      { latency: { structures: ['SuperResKXKX(1,8'] } },
      /^\/config\/latency\/structures\/0 structure string, position 16/,
    ],
    [{ space: { kernels: [4] } }, /^\/config\/space\/kernels\/0 must be one of 3, 5, 7/],
  ] as const)
    it(`refuses ${JSON.stringify(config)}`, () => {
      const [first = '', ...others] = faultsOf(config);
      assert.match(first, fault);
      assert.deepEqual(others, []);
    });
});
