/**
 * @file Program of the suite: runs every case on the engine that its arguments name and prints one line of JSON for
 * each part: `node run-suite.ts ENGINE THREADS`. A process of its own, since an engine may crash and takes its
 * libraries from the environment.
 */
import { createHash } from 'node:crypto';
import { getBackend } from '@tensorflow/tfjs-core';
import { ENGINE_NAMES } from '../engine-error.ts';
import { loadEngine } from '../probe.ts';
import { relativeError } from '../testing/on-backend.ts';
import type { TestArray } from '../testing/random-tensor.ts';
import { ENGINE_CASES } from './cases.ts';
import { computeOn, type Part } from './compute-case.ts';
import type { EngineCase } from './engine-case.ts';
import { finiteDifferenceError } from './finite-difference.ts';
import { exclusionOf } from './skip-list.ts';
import type { SuiteLine } from './suite-line.ts';

/** Shaders round and approximate more freely than the CPU does. */
const SHADER_TOLERANCE = 1e-4;
/** Accuracy of the finite differences. */
const DIFFERENCE_TOLERANCE = 1e-2;

const [wanted, threads = '1'] = process.argv.slice(2);
const engine = ENGINE_NAMES.find((name) => name === wanted);
if (engine === undefined) throw new Error(`run-suite ENGINE THREADS: ENGINE is one of ${ENGINE_NAMES.join(', ')}`);

const print = (line: SuiteLine) => process.stdout.write(`${JSON.stringify(line)}\n`);
const hash = createHash('sha256');
const largest = (errors: number[]) => Math.max(0, ...errors);

async function differenceFrom(results: readonly TestArray[], engineCase: EngineCase, part: Part): Promise<number> {
  // the plain engine is the reference; its own gradients are held against finite differences
  if (engine === 'cpu') return part === 'gradient' ? finiteDifferenceError(engineCase, results) : 0;
  const { results: expected } = await computeOn('cpu', engineCase, part);
  if (expected.length !== results.length) return Number.POSITIVE_INFINITY;
  return largest(results.map((result, at) => relativeError(result, expected[at] ?? result)));
}

function toleranceOf({ tolerance, gradientTolerance = tolerance, shaderTolerance }: EngineCase, part: Part): number {
  if (engine === 'cpu' && part === 'gradient') return DIFFERENCE_TOLERANCE;
  const own = part === 'gradient' ? gradientTolerance : tolerance;
  return engine === 'webgpu' ? Math.max(own, shaderTolerance ?? SHADER_TOLERANCE) : own;
}

const loaded = await loadEngine({ engine, threads: Number(threads) });
const backendName = getBackend();
for (const engineCase of ENGINE_CASES) {
  const { name, gradientTolerance } = engineCase;
  for (const part of gradientTolerance === undefined ? (['values'] as const) : (['values', 'gradient'] as const)) {
    const skip = exclusionOf(engine, name, part)?.reason;
    if (skip !== undefined) {
      print({ kind: 'skipped', name, part, reason: skip });
      continue;
    }
    try {
      await computeOn(backendName, engineCase, part); // leaves what an engine keeps from the first call on
      const { results, leaks } = await computeOn(backendName, engineCase, part);
      for (const { values } of results) hash.update(new Uint8Array(values.buffer));
      const error = await differenceFrom(results, engineCase, part);
      const allowed = toleranceOf(engineCase, part);
      print({ kind: 'done', name, part, error: Number.isFinite(error) ? error : 'infinite', allowed, leaks });
    } catch (failure) {
      print({ kind: 'failed', name, part, message: (failure as Error).stack ?? String(failure) });
    }
  }
}
print({ kind: 'end', device: loaded.device, sha256: hash.digest('hex') });
process.exit();
