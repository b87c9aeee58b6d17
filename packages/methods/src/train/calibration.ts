/** @file How well the confidence of a classifier fits its accuracy (Guo et al., arXiv:1706.04599). */

/** Bins of equal width over the confidence. */
const BINS = 15;

/** The predictions whose confidence lies in `(from, to]`; means are null in an empty bin. */
export interface ReliabilityBin {
  from: number;
  to: number;
  count: number;
  accuracy: number | null;
  confidence: number | null;
}

export interface Calibration {
  /** mean cross-entropy, in nats */
  loss: number;
  /** share of right answers; the first class counts on ties */
  accuracy: number;
  /** expected calibration error: mean distance of accuracy from confidence over the bins, weighted by their counts */
  ece: number;
  /** mean of the largest probability */
  confidence: number;
  /** mean of the largest less the second largest logit */
  logitGap: number;
  bins: ReliabilityBin[];
}

/**
 * @param logits `[n, classes]` flattened
 * @param labels `[n]`
 * @param temperature divides the logits
 */
export function calibrationOf(logits: Float32Array, labels: Int32Array, classes: number, temperature = 1): Calibration {
  const sums = Array.from({ length: BINS }, () => ({ count: 0, right: 0, confidence: 0 }));
  let [loss, gap] = [0, 0];
  labels.forEach((label, i) => {
    const row = logits.subarray(i * classes, (i + 1) * classes);
    const { best, top, second } = topTwo(row);
    let total = 0;
    for (const logit of row) total += Math.exp((logit - top) / temperature);
    loss += (top - (row[label] as number)) / temperature + Math.log(total);
    gap += (top - second) / temperature;
    const confidence = 1 / total;
    const bin = sums[Math.min(BINS - 1, Math.max(0, Math.ceil(confidence * BINS) - 1))];
    if (bin === undefined) return; // a logit that is not a number
    bin.count += 1;
    bin.right += best === label ? 1 : 0;
    bin.confidence += confidence;
  });
  const n = labels.length;
  const over = (value: (bin: (typeof sums)[number]) => number): number =>
    sums.reduce((sum, b) => sum + value(b), 0) / n;
  return {
    loss: loss / n,
    accuracy: over(({ right }) => right),
    ece: over(({ right, confidence }) => Math.abs(right - confidence)),
    confidence: over(({ confidence }) => confidence),
    logitGap: gap / n,
    bins: sums.map(({ count, right, confidence }, i) => ({
      from: i / BINS,
      to: (i + 1) / BINS,
      count,
      accuracy: count === 0 ? null : right / count,
      confidence: count === 0 ? null : confidence / count,
    })),
  };
}

const topTwo = (row: Float32Array): { best: number; top: number; second: number } => {
  let [best, top, second] = [0, Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
  row.forEach((logit, k) => {
    if (logit > top) [best, top, second] = [k, logit, top];
    else if (logit > second) second = logit;
  });
  return { best, top, second };
};

/** Where a temperature is looked for. Without a wrong answer the loss falls without end, and the lower one is the result. */
const [LOWEST, HIGHEST] = [0.05, 20];

/**
 * The temperature that divides the logits for the smallest cross-entropy. The loss is convex in the inverse temperature,
 * so its slope is halved to zero there.
 */
export function fitTemperature(logits: Float32Array, labels: Int32Array, classes: number): number {
  /** d loss / d inverse = E[mean logit under the probabilities - logit of the label] */
  const slope = (inverse: number): number => {
    let sum = 0;
    labels.forEach((label, i) => {
      const row = logits.subarray(i * classes, (i + 1) * classes);
      const { top } = topTwo(row);
      let [total, mean] = [0, 0];
      for (const logit of row) {
        const weight = Math.exp((logit - top) * inverse);
        total += weight;
        mean += weight * logit;
      }
      sum += mean / total - (row[label] as number);
    });
    return sum;
  };
  let [low, high] = [1 / HIGHEST, 1 / LOWEST];
  for (let halving = 0; halving < 40; halving++) {
    const middle = (low + high) / 2;
    if (slope(middle) < 0) low = middle;
    else high = middle;
  }
  return 2 / (low + high);
}
