/** Index of the largest of `values[from .. from + count - 1]`, the first one on ties, relative to `from`. */
const largest = (values: Float32Array, from: number, count: number): number => {
  let best = 0;
  for (let k = 1; k < count; k++) if ((values[from + k] as number) > (values[from + best] as number)) best = k;
  return best;
};

/**
 * How many rows of `logits` are largest at their label.
 *
 * @param logits `[B, classes]` flattened
 */
export function rightAnswers(logits: Float32Array, labels: Int32Array, classes: number): number {
  let right = 0;
  labels.forEach((label, b) => {
    if (largest(logits, b * classes, classes) === label) right += 1;
  });
  return right;
}

/** Sum over rows of the cross-entropy of `logits` against the labels, in double precision. */
export function crossEntropySum(logits: Float32Array, labels: Int32Array, classes: number): number {
  let total = 0;
  labels.forEach((label, b) => {
    const row = logits.subarray(b * classes, (b + 1) * classes);
    const top = row[largest(row, 0, classes)] as number;
    let sum = 0;
    for (const logit of row) sum += Math.exp(logit - top);
    total += top + Math.log(sum) - (row[label] as number);
  });
  return total;
}
