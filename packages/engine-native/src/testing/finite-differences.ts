import { grads, type Tensor } from '@tensorflow/tfjs-core';
import { relativeError, runOn } from './on-backend.ts';
import type { TestArray } from './random-tensor.ts';

/** Step of the central difference: small against the inputs' range of 1, large against rounding of the loss. */
const STEP = 1e-2;

/**
 * Compares gradients on the native engine with central differences of the loss.
 *
 * @param loss gives a scalar
 * @param checked numbers of the inputs to check; all by default
 * @returns what is further off than the tolerance, relative to the largest slope; empty if nothing is
 */
export async function gradientFaults(
  loss: (...inputs: Tensor[]) => Tensor,
  inputs: readonly TestArray[],
  tolerance: number,
  checked: readonly number[] = [...inputs.keys()],
): Promise<string[]> {
  const gradients = await runOn('onednn', (...tensors) => grads(loss)(tensors), inputs);
  const faults: string[] = [];
  for (const which of checked) {
    const [input, gradient] = [inputs[which], gradients[which]];
    if (input === undefined || gradient === undefined) throw new Error(`there is no input ${which}`);
    const estimated = Float32Array.from(input.values, () => 0);
    for (const at of input.values.keys()) {
      const shifted = async (by: number): Promise<number> => {
        const values = input.values.slice();
        values[at] = (values[at] ?? 0) + by;
        const moved = inputs.map((other, index) => (index === which ? { shape: input.shape, values } : other));
        return (await runOn('onednn', loss, moved))[0]?.values[0] ?? Number.NaN;
      };
      estimated[at] = ((await shifted(STEP)) - (await shifted(-STEP))) / (2 * STEP);
    }
    const error = relativeError(gradient, { shape: input.shape, values: estimated });
    if (!(error < tolerance)) faults.push(`input ${which}: error ${error}`);
  }
  return faults;
}
