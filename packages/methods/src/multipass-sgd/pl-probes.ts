import type { Grid } from './grid.ts';

/** PL ratio |grad F|^2 / (2 (F - F*)) at a random point. */
export interface PlProbe {
  distance: number;
  ratio: number;
}

const NEAREST = 0.01;
const FARTHEST = 10;

/**
 * The PL ratio at random points, in random directions from the truth of the first seed at log-spaced distances. Their
 * smallest is the largest mu that the landscape could have.
 */
export function probePl({ problem, data, config: { plProbes }, rng }: Grid): PlProbe[] {
  const truth = data.truths[0] as Float64Array;
  if (problem.numParameters !== truth.length) return []; // weights of two layers are no point in the space of truths
  return Array.from({ length: plProbes }, (_, i) => {
    const direction = new Float64Array(truth.length);
    rng(`probe/${i}`).fillNormal(direction);
    const length = Math.hypot(...direction);
    const distance = NEAREST * (FARTHEST / NEAREST) ** (plProbes === 1 ? 0 : i / (plProbes - 1));
    const point = truth.map((value, j) => value + (distance * (direction[j] as number)) / length);
    const { excess, squaredGradient } = problem.population(point, 0, truth);
    return { distance, ratio: squaredGradient / (2 * excess) };
  });
}
