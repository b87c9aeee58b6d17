import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { getGradient, getKernelsForBackend, registerGradient, unregisterGradient } from '@tensorflow/tfjs-core';
import { startNative } from '../testing/on-backend.ts';
import { ENGINE_CASES } from './cases.ts';
import { computeOn } from './compute-case.ts';

/** Kernels whose gradient is no gradient or that no public op reaches, and why. */
const UNREACHABLE: Readonly<Record<string, string>> = {
  ArgMax: 'gives indices',
  ArgMin: 'gives indices',
  ComplexAbs: 'takes complex numbers, which tfjs makes without a gradient',
  GreaterEqual: 'gives truth values',
  IsFinite: 'gives truth values',
  IsInf: 'gives truth values',
  IsNan: 'gives truth values',
  OneHot: 'takes indices',
  FloorDiv: 'is constant between jumps, and tfjs gives it the gradient of a division',
  LogSoftmax: 'is composed of other ops by tf.logSoftmax',
};

describe('the suite of gradients', () => {
  const used = new Set<string>();
  const names: string[] = [];

  before(async () => {
    await startNative(1);
    for (const { kernelName } of getKernelsForBackend('onednn')) {
      const config = getGradient(kernelName);
      if (config === undefined) continue;
      names.push(kernelName);
      unregisterGradient(kernelName);
      registerGradient({
        ...config,
        gradFunc: (...given) => {
          used.add(kernelName);
          return config.gradFunc(...given);
        },
      });
    }
    for (const engineCase of ENGINE_CASES) {
      if (engineCase.gradientTolerance !== undefined) await computeOn('onednn', engineCase, 'gradient');
    }
  });

  it('has a case, held against finite differences, for every kernel that has a gradient', () => {
    assert.ok(names.length > 100, `${names.length} gradients are registered`);
    const missing = names.filter((name) => !used.has(name) && UNREACHABLE[name] === undefined);
    assert.deepEqual(missing, []);
  });

  it('excuses no kernel that it reaches', () => {
    assert.deepEqual(
      Object.keys(UNREACHABLE).filter((name) => used.has(name) || !names.includes(name)),
      [],
    );
  });
});
