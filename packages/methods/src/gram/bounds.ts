/**
 * @file Bounds on the distance between the Gram matrices of a student and a teacher over landmarks. K = X X^T are the Gram
 * matrices (or any kernel), K~ = A A^T their Nystrom approximations with A = C W^(-1/2), e = |K - K~|_F.
 *
 * N0 (linear kernel): e <= tr(K - K~) <= cost of the landmarks, the sum of squared distances to the nearest one.
 * N1: |K_S - K_T| <= e_S + e_T + |A_S A_S^T - A_T A_T^T|.
 * N2: .. <= e_S + e_T + (|A_S| + |A_T|) |A_S - A_T|_F, and with l the smallest eigenvalue of both W and c the larger
 *     spectral norm of both C, <= e_S + e_T + 2 c / sqrt(l) |A_S - A_T|_F.
 * N3 (linear kernel, landmarks that are means of the same groups): |A_S - A_T|_F <= (l^(-1/2) + c p l^(-3/2) / 2)
 *     |C_S - C_T|_F, where p is the spectral norm of the group matrix P.
 * N4: N3 in N2.
 */
import { gramGap, gramNorm } from './gram-gap.ts';
import { nearest } from './k-means.ts';
import { type KernelFunction, kernelMatrix } from './kernel-function.ts';
import { frobenius, type Matrix, minus, squaredNorm, timesTransposed } from './matrix.ts';
import { type Nystrom, nystrom } from './nystrom.ts';
import { spectralNorm } from './symmetric-eigen.ts';

/** Features of the same samples in one space, with the kernel there and its landmarks. */
export interface Side {
  /** `[n, d]` */
  points: Matrix;
  kernel: KernelFunction;
  /** `[m, d]` */
  landmarks: Matrix;
}

/** Both sides of every bound. Distances of Gram matrices are absolute, in the units of the kernel. */
export interface GramBounds {
  /** `|K_T|_F`, to put the rest in relation to */
  teacherNorm: number;
  /** `|K_S - K_T|_F` */
  gap: number;
  studentError: number;
  teacherError: number;
  /** N0 of each side: trace of K - K~, and the cost of the landmarks; null for other kernels than the linear one */
  traces: { student: Trace; teacher: Trace } | null;
  n1: number;
  n2: number;
  /** N2 with c and l; null where a W has no full rank */
  n2Loose: number | null;
  /** both sides of N3; null for other kernels, for landmarks that share no groups, and where a W has no full rank */
  n3: { left: number; right: number } | null;
  n4: number | null;
  /** `|C_S - C_T|_F / |C_T|_F` */
  landmarkGap: number;
  /** of both W */
  smallestEigenvalue: number;
}

export interface Trace {
  trace: number;
  cost: number;
}

/**
 * @param groupNorm spectral norm of the matrix P that both spaces share; null if they share none
 * @throws RangeError if all kernel values of the teacher are zero: nothing can be put in relation to them
 */
export function gramBounds(student: Side, teacher: Side, groupNorm: number | null): GramBounds {
  const isLinear = student.kernel.kind === 'linear' && teacher.kernel.kind === 'linear';
  const teacherNorm = isLinear ? gramNorm(teacher.points) : frobenius(gramOf(teacher));
  if (teacherNorm === 0) throw new RangeError('all kernel values of the teacher are zero');
  const [s, t] = [nystromOf(student), nystromOf(teacher)];
  const [studentError, teacherError] = [errorOf(student, s), errorOf(teacher, t)];
  const errors = studentError + teacherError;
  const factorGap = frobenius(minus(s.factor, t.factor));
  const kernelGap = frobenius(minus(s.landmarkKernel, t.landmarkKernel));
  const l = Math.min(s.smallestEigenvalue, t.smallestEigenvalue);
  const c = Math.max(spectralNorm(s.landmarkKernel), spectralNorm(t.landmarkKernel));
  const n2Loose = l > 0 ? errors + ((2 * c) / Math.sqrt(l)) * factorGap : null;
  const n3 =
    l > 0 && isLinear && groupNorm !== null
      ? { left: factorGap, right: (l ** -0.5 + 0.5 * c * groupNorm * l ** -1.5) * kernelGap }
      : null;
  return {
    teacherNorm,
    gap: isLinear ? gramGap(student.points, teacher.points) : frobenius(minus(gramOf(student), gramOf(teacher))),
    studentError,
    teacherError,
    traces: isLinear ? { student: traceOf(student, s), teacher: traceOf(teacher, t) } : null,
    n1: errors + gramGap(s.factor, t.factor),
    n2: errors + (spectralNorm(s.factor) + spectralNorm(t.factor)) * factorGap,
    n2Loose,
    n3,
    n4: n3 === null ? null : errors + ((2 * c) / Math.sqrt(l)) * n3.right,
    landmarkGap: kernelGap / frobenius(t.landmarkKernel),
    smallestEigenvalue: l,
  };
}

const nystromOf = ({ kernel, points, landmarks }: Side): Nystrom => nystrom(kernel, points, landmarks);

const gramOf = ({ kernel, points }: Side): Matrix => kernelMatrix(kernel, points, points);

/** `|K - K~|_F`. */
const errorOf = (side: Side, { factor }: Nystrom): number =>
  side.kernel.kind === 'linear'
    ? gramGap(side.points, factor)
    : frobenius(minus(gramOf(side), timesTransposed(factor, factor)));

const traceOf = ({ points, landmarks }: Side, { factor }: Nystrom): Trace => ({
  trace: squaredNorm(points) - squaredNorm(factor),
  cost: nearest(points, landmarks).cost,
});

/** How far every bound is from being violated, in shares of `|K_T|_F` (N3: of its right side); below zero: it is. */
export function boundSlacks(bounds: GramBounds): Record<BoundName, number | null> {
  const { teacherNorm: norm, gap, studentError, teacherError, traces, n1, n2, n2Loose, n3, n4 } = bounds;
  const outer = n2Loose === null ? n2 - gap : Math.min(n2 - gap, n2Loose - n2);
  return {
    n0:
      traces === null
        ? null
        : Math.min(
            traces.student.trace - studentError,
            traces.student.cost - traces.student.trace,
            traces.teacher.trace - teacherError,
            traces.teacher.cost - traces.teacher.trace,
          ) / norm,
    n1: (n1 - gap) / norm,
    n2: Math.min(n2 - n1, outer) / norm,
    n3: n3 === null ? null : n3.right === 0 ? 0 : (n3.right - n3.left) / n3.right,
    n4: n4 === null ? null : (n4 - gap) / norm,
  };
}

export const BOUND_NAMES = ['n0', 'n1', 'n2', 'n3', 'n4'] as const;
export type BoundName = (typeof BOUND_NAMES)[number];

/** Smallest error of any approximation of that rank, `|K - K_m|_F`, for the linear kernel. */
export function bestRankError(eigenvalues: readonly number[], rank: number): number {
  const falling = eigenvalues.toSorted((a, b) => b - a).slice(rank);
  return Math.sqrt(falling.reduce((sum, value) => sum + value ** 2, 0));
}
