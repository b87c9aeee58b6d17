import { CholeskyDecomposition, EigenvalueDecomposition, Matrix } from 'ml-matrix';
import { NonFiniteError } from '../method.ts';
import type { Sample } from './problem.ts';

/** Norm of the gradient at which the minimum counts as reached. */
const TOLERANCE = 1e-9;
const MAX_ITERATIONS = 500;

/** X^T diag(curvatures) X / n of a sample: the Hessian of its risk; without curvatures that of the linear model. */
function hessian({ x, count }: Sample, curvatures: Float64Array | null): Matrix {
  const d = x.length / count;
  const moments = new Float64Array(d * d);
  for (let i = 0; i < count; i++) {
    const weight = curvatures === null ? 1 : (curvatures[i] as number);
    for (let j = 0; j < d; j++) {
      const scaled = weight * (x[i * d + j] as number);
      for (let k = 0; k <= j; k++)
        moments[j * d + k] = (moments[j * d + k] as number) + scaled * (x[i * d + k] as number);
    }
  }
  const matrix = new Matrix(d, d);
  for (let j = 0; j < d; j++)
    for (let k = 0; k <= j; k++) {
      const value = (moments[j * d + k] as number) / count;
      matrix.set(j, k, value);
      matrix.set(k, j, value);
    }
  return matrix;
}

interface Look {
  risk: number;
  gradient: Float64Array;
  /** second derivative of each loss in <w, x_i> */
  curvatures: Float64Array;
}

function look(weights: Float64Array, { x, y, count }: Sample, a: number): Look {
  const d = weights.length;
  const gradient = new Float64Array(d);
  const curvatures = new Float64Array(count);
  let sum = 0;
  for (let i = 0; i < count; i++) {
    let z = 0;
    for (let j = 0; j < d; j++) z += (weights[j] as number) * (x[i * d + j] as number);
    const residual = z + a * Math.sin(z) - (y[i] as number);
    const slope = 1 + a * Math.cos(z);
    curvatures[i] = slope * slope - residual * a * Math.sin(z);
    sum += residual * residual;
    for (let j = 0; j < d; j++)
      gradient[j] = (gradient[j] as number) + (residual * slope * (x[i * d + j] as number)) / count;
  }
  return { risk: sum / (2 * count), gradient, curvatures };
}

const norm = (values: Float64Array): number => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));

/**
 * A minimiser of the empirical risk of the generalised linear model with link z + a sin z: least squares for a = 0, else
 * Newton's method from there, damped after Levenberg and Marquardt while a step does not go down. Gauss-Newton would do for
 * small residuals; under heavy noise it goes back and forth.
 *
 * @returns the weights `[d]`; null if the samples are fewer than the features, or do not span them
 * @throws NonFiniteError if it does not get there
 */
export function minimiseEmpiricalRisk(sample: Sample, a: number): Float64Array | null {
  const d = sample.x.length / sample.count;
  if (sample.count < d) return null;
  const plain = hessian(sample, null);
  const scale = plain.trace() / d;
  let weights: Float64Array = new Float64Array(d);
  const linear = solve(plain, look(weights, sample, 0).gradient, 0);
  if (linear === null) return null;
  weights = weights.map((_, j) => -(linear[j] as number));
  let at = look(weights, sample, a);
  let damping = 0;
  for (let iteration = 0; iteration < MAX_ITERATIONS; iteration++) {
    if (norm(at.gradient) <= TOLERANCE) return weights;
    const step = solve(hessian(sample, at.curvatures), at.gradient, damping * scale);
    const moved = step === null ? null : weights.map((value, j) => value - (step[j] as number));
    const next = moved === null ? null : look(moved, sample, a);
    if (moved !== null && next !== null && isLower(next, at)) {
      weights = moved;
      at = next;
      damping = damping < 1e-6 ? 0 : damping / 4;
    } else damping = Math.max(1e-6, damping * 8);
  }
  throw new NonFiniteError(`the empirical risk has no minimum within ${MAX_ITERATIONS} steps of Newton's method`);
}

/** Near a minimum the risks cannot be told apart any more, the gradients can. */
const isLower = (next: Look, at: Look): boolean =>
  next.risk < at.risk * (1 - 1e-13) || (next.risk <= at.risk * (1 + 1e-13) && norm(next.gradient) < norm(at.gradient));

/** (matrix + damping) \ vector; null unless that is positive definite. */
function solve(matrix: Matrix, vector: Float64Array, damping: number): Float64Array | null {
  const d = vector.length;
  const factors = new CholeskyDecomposition(Matrix.add(matrix, Matrix.eye(d, d, damping)));
  if (!factors.isPositiveDefinite()) return null;
  return Float64Array.from(factors.solve(Matrix.columnVector([...vector])).to1DArray());
}

/** The empirical risk of the linear model as a parabola: what the many-pass bound needs. */
export interface EmpiricalParabola {
  minimiser: Float64Array;
  smallestRisk: number;
  /** smallest and largest eigenvalue of the second moments */
  mu: number;
  smoothness: number;
  /** F_S(w) - F_S* */
  gap(weights: Float64Array, at: number): number;
}

/** @returns null if the samples do not span the features */
export function empiricalParabola(sample: Sample): EmpiricalParabola | null {
  const minimiser = minimiseEmpiricalRisk(sample, 0);
  if (minimiser === null) return null;
  const moments = hessian(sample, null);
  const eigenvalues = new EigenvalueDecomposition(moments, { assumeSymmetric: true }).realEigenvalues;
  const d = minimiser.length;
  return {
    minimiser,
    smallestRisk: look(minimiser, sample, 0).risk,
    mu: Math.min(...eigenvalues),
    smoothness: Math.max(...eigenvalues),
    gap(weights, at) {
      let sum = 0;
      for (let j = 0; j < d; j++)
        for (let k = 0; k < d; k++)
          sum +=
            moments.get(j, k) *
            ((weights[at + j] as number) - (minimiser[j] as number)) *
            ((weights[at + k] as number) - (minimiser[k] as number));
      return sum / 2;
    },
  };
}
