import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { importFault, importsOf } from './import-table.mjs';

describe('importsOf', () => {
  it('finds every form of import and no comment', () => {
    const source = `
      import a, { b } from 'one';
      import type { C } from "two";
      import 'three';
      export { d } from 'four';
      export * from 'five';
      import {
        e,
      } from 'six';
      const f = await import('seven');
      // import 'eight';
      /* import 'nine'; */
      const text = "not from 'ten'";
      throw new Error("import 'eleven' first");
    `;
    assert.deepEqual(importsOf(source), ['one', 'two', 'three', 'four', 'five', 'six', 'seven']);
  });
});

describe('importFault', () => {
  const worker = 'apps/worker/src/consumer.ts';
  const child = 'apps/worker/src/executor/child.ts';

  it('lets the child compute and keeps its parent from it', () => {
    assert.equal(importFault(child, '@crucible/methods'), null);
    assert.equal(importFault(child, '@tensorflow/tfjs'), null);
    assert.match(importFault(worker, '@crucible/methods') ?? '', /not allowed/);
    assert.match(importFault(worker, '@tensorflow/tfjs-core') ?? '', /not allowed/);
  });

  it('lets methods reach the fused ops and nothing else of the engine', () => {
    const run = 'packages/methods/src/zen-nas/run.ts';
    assert.equal(importFault(run, '@crucible/engine-native/ops'), null);
    assert.match(importFault(run, '@crucible/engine-native') ?? '', /not allowed/);
    assert.equal(importFault('packages/methods/src/nn/conv.test.ts', '@crucible/engine-native'), null);
  });

  it('lets only the loader of engines import a whole one', () => {
    assert.equal(importFault('packages/engine-native/src/engines/cpu.ts', '@tensorflow/tfjs'), null);
    assert.match(importFault('packages/engine-native/src/kernels/relu.ts', '@tensorflow/tfjs') ?? '', /not allowed/);
    assert.equal(importFault('packages/engine-native/src/kernels/relu.ts', '@tensorflow/tfjs-core'), null);
  });

  it('keeps the API from tensors and contracts from everything', () => {
    assert.match(importFault('apps/api/src/app.ts', '@crucible/methods') ?? '', /not allowed/);
    assert.match(importFault('packages/contracts/src/job.ts', '@crucible/store') ?? '', /not allowed/);
    assert.equal(importFault('packages/contracts/src/job.ts', 'typebox/compile'), null);
  });

  it('refuses a path into another workspace and one between methods', () => {
    assert.match(importFault(worker, '../../api/src/app.ts') ?? '', /another workspace/);
    assert.equal(importFault(worker, './config.ts'), null);
    assert.equal(importFault(worker, 'node:fs'), null);
  });
});
