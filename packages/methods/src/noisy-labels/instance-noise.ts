/** How an early model sees each sample against its clean label. */
export interface Margins {
  /** logit of the clean label less the largest other one */
  margin: Float32Array;
  /** class of the largest other logit */
  runnerUp: Int32Array;
}

/** @param logits `[n, K]` flattened */
export function marginsOf(logits: Float32Array, clean: Int32Array, classes: number): Margins {
  const margin = new Float32Array(clean.length);
  const runnerUp = new Int32Array(clean.length);
  clean.forEach((y, i) => {
    let best = y === 0 ? 1 : 0;
    for (let k = 0; k < classes; k++)
      if (k !== y && (logits[i * classes + k] as number) > (logits[i * classes + best] as number)) best = k;
    margin[i] = (logits[i * classes + y] as number) - (logits[i * classes + best] as number);
    runnerUp[i] = best;
  });
  return { margin, runnerUp };
}

/**
 * Instance-dependent noise: the `floor(rate * n)` samples with the smallest margin get the label of their runner-up; of
 * equal margins the earlier sample goes first. What is flipped at a rate is flipped at any higher one, too.
 */
export function flipSmallestMargins(clean: Int32Array, { margin, runnerUp }: Margins, rate: number): Int32Array {
  const order = Array.from(clean, (_, i) => i).sort((a, b) => (margin[a] as number) - (margin[b] as number) || a - b);
  const observed = clean.slice();
  for (const i of order.slice(0, Math.floor(rate * clean.length))) observed[i] = runnerUp[i] as number;
  return observed;
}
