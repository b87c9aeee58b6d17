import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createRng } from '../random/create-rng.ts';
import type { Rng } from '../random/rng.ts';
import { bestRankError, boundSlacks, gramBounds } from './bounds.ts';
import { gramGap, gramNorm } from './gram-gap.ts';
import { kMeans, nearest } from './k-means.ts';
import { type KernelFunction, kernelMatrix, medianSquaredDistance } from './kernel-function.ts';
import { groupMeans, groupNorm, type LandmarkGroups, singletons, withoutEmpty } from './landmark-groups.ts';
import { frobenius, type Matrix, minus, timesTransposed, transposedTimes, zeros } from './matrix.ts';
import { nystrom } from './nystrom.ts';
import { spectralNorm, symmetricEigen } from './symmetric-eigen.ts';

const LINEAR: KernelFunction = { kind: 'linear' };

/** Features around class centers, as a network has them: with or without a ReLU, on any scale. */
const features = (rng: Rng, labels: Int32Array, classes: number, width: number): Matrix => {
  const centers = zeros(classes, width);
  rng.fillNormal(centers.data);
  const spread = 0.1 + 2 * rng.uniform();
  const scale = 10 ** (2 * rng.uniform() - 1);
  const isPositive = rng.uniform() < 0.5;
  const points = zeros(labels.length, width);
  labels.forEach((label, i) => {
    for (let k = 0; k < width; k++) {
      const value = scale * ((centers.data[label * width + k] as number) + spread * rng.normal());
      points.data[i * width + k] = isPositive ? Math.max(0, value) : value;
    }
  });
  return points;
};

interface Trial {
  student: Matrix;
  teacher: Matrix;
  groups: LandmarkGroups;
}

/** Two spaces over the same samples, with landmarks that share their groups. */
const trial = (seed: number): Trial => {
  const rng = createRng(seed, 'trial');
  const classes = 2 + rng.below(11);
  const n = Math.max(6, classes) + rng.below(seed % 40 === 0 ? 440 : 90);
  const labels = Int32Array.from({ length: n }, () => rng.below(classes));
  const student = features(rng, labels, classes, 1 + rng.below(60));
  const teacher = features(rng, labels, classes, 1 + rng.below(60));
  const kind = seed % 3;
  const groups =
    kind === 0
      ? withoutEmpty({ groups: labels, count: classes })
      : kind === 1
        ? singletons(rng.permutation(n).subarray(0, classes), n)
        : withoutEmpty(nearest(teacher, kMeans(teacher, classes, rng)));
  return { student, teacher, groups };
};

const boundsOf = ({ student, teacher, groups }: Trial, kernel: (points: Matrix) => KernelFunction = () => LINEAR) => {
  const side = (points: Matrix) => ({ points, kernel: kernel(points), landmarks: groupMeans(points, groups) });
  return gramBounds(side(student), side(teacher), groupNorm(groups));
};

describe('bounds N0 to N4', () => {
  it('hold in 400 random trials', () => {
    const checked = { n0: 0, n1: 0, n2: 0, n3: 0, n4: 0 };
    for (let seed = 0; seed < 400; seed++) {
      const slacks = boundSlacks(boundsOf(trial(seed)));
      for (const [name, slack] of Object.entries(slacks) as [keyof typeof checked, number | null][]) {
        if (slack === null) continue;
        checked[name] += 1;
        // the inverse root of landmarks that hardly differ costs half of the digits
        assert.ok(slack >= -1e-8, `${name} is violated in trial ${seed}: ${slack}`);
      }
    }
    assert.deepEqual([checked.n0, checked.n1, checked.n2], [400, 400, 400]);
    assert.ok(checked.n3 > 200 && checked.n4 === checked.n3, JSON.stringify(checked));
  });

  it('hold for other kernels where they are defined', () => {
    for (let seed = 0; seed < 30; seed++)
      for (const kernel of [
        (points: Matrix): KernelFunction => ({ kind: 'rbf', width: medianSquaredDistance(points) }),
        (): KernelFunction => ({ kind: 'polynomial', degree: 2, offset: 1 }),
      ]) {
        const { n0, n1, n2, n3, n4 } = boundSlacks(boundsOf(trial(seed), kernel));
        assert.deepEqual([n0, n3, n4], [null, null, null]);
        assert.ok((n1 as number) >= -1e-9 && (n2 as number) >= -1e-9, `${seed}: ${n1} ${n2}`);
      }
  });

  it('are noticed when they are violated', () => {
    const bounds = boundsOf(trial(3));
    assert.ok((boundSlacks({ ...bounds, gap: 1.01 * bounds.n1 }).n1 as number) < 0);
    assert.ok((boundSlacks({ ...bounds, studentError: 2 * (bounds.traces?.student.trace ?? 0) }).n0 as number) < 0);
  });

  it('take both sides from the definitions', () => {
    const { student, teacher, groups } = trial(6);
    const bounds = boundsOf({ student, teacher, groups });
    const [ks, kt] = [timesTransposed(student, student), timesTransposed(teacher, teacher)];
    assert.ok(Math.abs(bounds.gap - frobenius(minus(ks, kt))) < 1e-9 * bounds.gap);
    assert.ok(Math.abs(bounds.teacherNorm - frobenius(kt)) < 1e-9 * bounds.teacherNorm);
    const { factor } = nystrom(LINEAR, student, groupMeans(student, groups));
    const rest = minus(ks, timesTransposed(factor, factor));
    assert.ok(Math.abs(bounds.studentError - frobenius(rest)) < 1e-6 * bounds.gap);
    const { values } = symmetricEigen(rest);
    assert.ok((values[0] as number) > -1e-9 * bounds.gap, 'K less its approximation is positive semi-definite');
    const best = bestRankError(symmetricEigen(ks).values, groups.count);
    assert.ok(best <= bounds.studentError * (1 + 1e-9));
  });
});

describe('the Nystrom approximation', () => {
  it('is the matrix itself when every sample is a landmark', () => {
    const { student } = trial(9);
    const { factor } = nystrom(LINEAR, student, student);
    assert.ok(gramGap(student, factor) < 1e-6 * gramNorm(student));
  });

  it('does not get worse with more landmarks', () => {
    const { student } = trial(12);
    const order = createRng(1, 'order').permutation(student.rows);
    const errors = [1, 2, 4, 8].map((count) => {
      const landmarks = groupMeans(student, singletons(order.subarray(0, count), student.rows));
      return gramGap(student, nystrom(LINEAR, student, landmarks).factor);
    });
    errors.forEach((error, i) => {
      if (i > 0) assert.ok(error <= (errors[i - 1] as number) * (1 + 1e-9));
    });
  });

  it('is the product of the columns, the inverse of the landmarks and the columns', () => {
    const { student, groups } = trial(15);
    const { landmarkKernel: c, landmarkGram: w, factor } = nystrom(LINEAR, student, groupMeans(student, groups));
    // A^T A has the eigenvalues of W^(-1/2) C^T C W^(-1/2): check C = A W^(1/2) by C C^T = A W A^T
    const root = timesTransposed(factor, w); // A W
    const left = timesTransposed(root, factor); // A W A^T
    assert.ok(frobenius(minus(left, timesTransposed(c, c))) < 1e-6 * frobenius(left));
  });
});

describe('distances of Gram matrices', () => {
  it('are the same by small products as by the matrices themselves', () => {
    const rng = createRng(5, 'large');
    const labels = Int32Array.from({ length: 700 }, () => rng.below(4));
    const [a, b] = [features(rng, labels, 4, 7), features(rng, labels, 4, 9)];
    const direct = frobenius(minus(timesTransposed(a, a), timesTransposed(b, b)));
    assert.ok(Math.abs(gramGap(a, b) - direct) < 1e-9 * direct);
    assert.equal(gramGap(a, a) < 1e-6 * gramNorm(a), true);
  });

  it('do not change when a space is turned', () => {
    const { student, teacher } = trial(21);
    const { vectors } = symmetricEigen(transposedTimes(teacher, teacher));
    const turned = timesTransposed(teacher, vectors); // an orthogonal matrix, transposed or not
    assert.ok(Math.abs(gramGap(student, turned) - gramGap(student, teacher)) < 1e-9 * gramGap(student, teacher));
  });
});

describe('symmetricEigen', () => {
  it('gives back the matrix, and its spectral norm', () => {
    const { student } = trial(2);
    const gram = transposedTimes(student, student);
    const { values, vectors } = symmetricEigen(gram);
    const scaled = { ...vectors, data: vectors.data.map((v, i) => v * (values[i % vectors.columns] as number)) };
    assert.ok(frobenius(minus(timesTransposed(scaled, vectors), gram)) < 1e-9 * frobenius(gram));
    assert.ok(Math.abs(spectralNorm(student) - Math.sqrt(values.at(-1) as number)) < 1e-9 * spectralNorm(student));
    assert.ok(values.every((value, i) => i === 0 || value >= (values[i - 1] as number)));
  });
});

describe('landmarks', () => {
  it('have the group norm that the matrix of the groups has', () => {
    const { groups } = trial(0);
    const p = zeros(groups.groups.length, groups.count);
    const sizes = new Int32Array(groups.count);
    for (const group of groups.groups) sizes[group] = (sizes[group] as number) + 1;
    groups.groups.forEach((group, i) => {
      p.data[i * groups.count + group] = 1 / (sizes[group] as number);
    });
    assert.ok(Math.abs(groupNorm(groups) - spectralNorm(p)) < 1e-12);
  });

  it('leave out empty groups', () => {
    const { groups, count } = withoutEmpty({ groups: Int32Array.of(3, -1, 1, 3), count: 5 });
    assert.deepEqual([[...groups], count], [[1, -1, 0, 1], 2]);
  });

  it('are found by k-means where clusters are plain, and cost no more than class means', () => {
    const rng = createRng(4, 'clusters');
    const labels = Int32Array.from({ length: 200 }, () => rng.below(4));
    const points = zeros(200, 2);
    labels.forEach((label, i) => {
      points.data[2 * i] = 10 * (label % 2) + rng.normal();
      points.data[2 * i + 1] = 10 * Math.floor(label / 2) + rng.normal();
    });
    const found = nearest(points, kMeans(points, 4, createRng(1, 'k-means')));
    const ofClass = new Map<number, Set<number>>();
    labels.forEach((label, i) => {
      ofClass.set(label, (ofClass.get(label) ?? new Set()).add(found.groups[i] as number));
    });
    assert.ok([...ofClass.values()].every((groups) => groups.size === 1));
    const means = groupMeans(points, { groups: labels, count: 4 });
    assert.ok(found.cost <= nearest(points, means).cost * (1 + 1e-9));
  });

  it('have no empty cluster as long as there are points enough', () => {
    const points = zeros(6, 1);
    points.data.set([0, 0, 0, 0, 0, 5]);
    const centers = kMeans(points, 3, createRng(2, 'k-means'));
    assert.equal(centers.rows, 3);
    assert.ok(centers.data.every(Number.isFinite));
  });
});

describe('kernelMatrix', () => {
  it('matches the formulas', () => {
    const { student } = trial(1);
    const d = student.columns;
    const row = (i: number) => [...student.data.subarray(i * d, (i + 1) * d)];
    const dot = (i: number, j: number) => row(i).reduce((sum, x, k) => sum + x * (row(j)[k] as number), 0);
    const distance = (i: number, j: number) => row(i).reduce((sum, x, k) => sum + (x - (row(j)[k] as number)) ** 2, 0);
    const polynomial = kernelMatrix({ kind: 'polynomial', degree: 3, offset: 0.5 }, student, student);
    const rbf = kernelMatrix({ kind: 'rbf', width: 7 }, student, student);
    for (const [i, j] of [
      [0, 1],
      [3, 2],
      [5, 5],
    ] as const) {
      const at = i * student.rows + j;
      assert.ok(Math.abs((polynomial.data[at] as number) / (0.5 + dot(i, j) / d) ** 3 - 1) < 1e-9);
      assert.ok(Math.abs((rbf.data[at] as number) - Math.exp(-distance(i, j) / 7)) < 1e-9);
    }
  });
});
