/** The digamma function of a positive number: by recurrence above 6, and there by its asymptotic series. */
const digamma = (x: number): number => {
  let [at, sum] = [x, 0];
  while (at < 6) {
    sum -= 1 / at;
    at += 1;
  }
  const s = 1 / at ** 2;
  return sum + Math.log(at) - 1 / (2 * at) - s * (1 / 12 - s * (1 / 120 - s * (1 / 252 - s / 240)));
};

/**
 * Mean entropy of the labels of mixup between balanced classes, in nats: that of a ratio from Beta(alpha, alpha) is
 * `digamma(2 alpha + 1) - digamma(alpha + 1)` where the two classes differ.
 */
export const mixupEntropy = (alpha: number, classes: number): number =>
  (1 - 1 / classes) * (digamma(2 * alpha + 1) - digamma(alpha + 1));

/** Entropy of a smoothed label, in nats. */
export function smoothedEntropy(smoothing: number, classes: number): number {
  const [off, on] = [smoothing / classes, 1 - smoothing + smoothing / classes];
  return -on * Math.log(on) - (off === 0 ? 0 : (classes - 1) * off * Math.log(off));
}

/** The smoothing whose labels have the mean entropy of mixup's: as soft, without any mixing. */
export function matchedSmoothing(alpha: number, classes: number): number {
  const wanted = mixupEntropy(alpha, classes);
  let [low, high] = [0, 1]; // entropy grows from 0 to ln(classes)
  for (let halving = 0; halving < 50; halving++) {
    const middle = (low + high) / 2;
    if (smoothedEntropy(middle, classes) < wanted) low = middle;
    else high = middle;
  }
  return low;
}
