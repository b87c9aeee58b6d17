import { add, dispose, grads, memory, mul, setBackend, sum, type Tensor, tidy } from '@tensorflow/tfjs-core';
import { engineMemory } from '../memory.ts';
import { type TestArray, TestRandom, toTensor } from '../testing/random-tensor.ts';
import type { EngineCase } from './engine-case.ts';

export type Part = 'values' | 'gradient';

/** What a part of a case gave on one engine. */
export interface CaseResult {
  readonly results: TestArray[];
  /** What was left behind, in words; empty if nothing was. */
  readonly leaks: string[];
}

const tensorsOf = (result: Tensor | Tensor[]): Tensor[] => [result].flat();

/** Inputs of a case: the same in every process. */
export function inputsOf({ name, shapes, range: [low, high] = [-1, 1] }: EngineCase): TestArray[] {
  const seed = [...name].reduce((hash, letter) => (hash * 31 + letter.charCodeAt(0)) >>> 0, 7);
  const random = new TestRandom(seed);
  return shapes.map((shape) => {
    const { values, ...rest } = random.array(shape);
    return { ...rest, values: values.map((value) => low + ((value + 1) / 2) * (high - low)) };
  });
}

/** Weights of the outputs in the scalar whose gradient is taken: without them errors could cancel. */
export const outputWeights = (shape: readonly number[], at: number): TestArray =>
  new TestRandom(1000 + at).array(shape);

/** `sum_i <w_i, output_i>`, with fixed random weights `w`. */
const weightedSum = (outputs: Tensor[]): Tensor =>
  outputs.map((output, at) => sum(mul(output, toTensor(outputWeights(output.shape, at))))).reduce((a, b) => add(a, b));

function compute({ compute: forward }: EngineCase, part: Part, inputs: Tensor[]): Tensor[] {
  if (part === 'values') return tensorsOf(forward(...inputs));
  return grads((...tensors: Tensor[]) => weightedSum(tensorsOf(forward(...tensors))))(inputs);
}

/** Counters that must be the same before and after. */
function counters(): Record<string, number> {
  const { numTensors, numDataBuffers } = memory();
  const inGpu = (memory() as { numBytesInGPU?: number }).numBytesInGPU ?? 0;
  return {
    tensors: numTensors,
    'data buffers': numDataBuffers,
    'lent bytes': engineMemory().lentBytes,
    'GPU bytes': inGpu,
  };
}

/** Computes a part of a case on a backend and reads the results without blocking, as every engine can. */
export async function computeOn(backendName: string, engineCase: EngineCase, part: Part): Promise<CaseResult> {
  await setBackend(backendName);
  const before = counters();
  const inputs = inputsOf(engineCase).map(toTensor);
  const outputs = tidy(() => compute(engineCase, part, inputs));
  const results: TestArray[] = [];
  for (const output of outputs) {
    results.push({ shape: output.shape, values: Float32Array.from(await output.data()) });
  }
  dispose([inputs, outputs]);
  const after = counters();
  const leaks = Object.entries(before)
    .filter(([name, count]) => after[name] !== count)
    .map(([name, count]) => `${name}: ${count} before, ${after[name]} after`);
  return { results, leaks };
}
