import '../testing/setup.ts';
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { createRng } from '../random/create-rng.ts';
import { gradientError } from '../testing/gradient.ts';
import { attentionTransfer } from './attention-transfer.ts';
import { gramTransfer } from './gram-transfer.ts';
import { hint } from './hint.ts';
import { huber } from './huber.ts';
import { kernelValues } from './kernel-values.ts';
import { probabilisticTransfer } from './probabilistic-transfer.ts';
import { angleTransfer, distanceTransfer } from './relational-transfer.ts';
import { similarityTransfer } from './similarity-transfer.ts';
import { softLabelDivergence } from './soft-label-divergence.ts';
import { squaredDistances } from './squared-distances.ts';

type Rows = number[][];
const rng = createRng(8, 'losses');
const normals = (rows: number, columns: number): Rows =>
  Array.from({ length: rows }, () => Array.from({ length: columns }, () => rng.normal()));

const [B, DS, DT] = [5, 3, 4];
const STUDENT = normals(B, DS);
const TEACHER = normals(B, DT);
const MAP = normals(DS, DT);
const STUDENT_LOGITS = normals(B, 4);

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const mean = (values: readonly number[]): number => sum(values) / values.length;
const at = (rows: Rows, i: number, j: number): number => (rows[i] as number[])[j] as number;
const dot = (a: readonly number[], b: readonly number[]): number => sum(a.map((value, k) => value * (b[k] as number)));
const minus = (a: readonly number[], b: readonly number[]): number[] => a.map((value, k) => value - (b[k] as number));
const scaled = (a: readonly number[], factor: number): number[] => a.map((value) => value * factor);
const length = (a: readonly number[]): number => Math.sqrt(dot(a, a));
const pairs = (rows: Rows, of: (a: number[], b: number[]) => number): Rows =>
  rows.map((a) => rows.map((b) => of(a, b)));
const huberOf = (u: number, delta = 1): number =>
  Math.abs(u) <= delta ? (u * u) / 2 : delta * (Math.abs(u) - delta / 2);
const softmax = (row: readonly number[], temperature: number): number[] => {
  const total = sum(row.map((z) => Math.exp(z / temperature)));
  return row.map((z) => Math.exp(z / temperature) / total);
};

/** The formulas, in plain loops over numbers in double precision. */
const BY_HAND = {
  softLabels: (s: Rows, t: Rows, temperature: number) =>
    mean(
      s.map((row, i) => {
        const [p, q] = [softmax(t[i] as number[], temperature), softmax(row, temperature)];
        return temperature ** 2 * sum(p.map((value, k) => value * Math.log(value / (q[k] as number))));
      }),
    ),
  hint: (s: Rows, t: Rows) =>
    mean(
      s.flatMap((row, i) =>
        Array.from(
          { length: DT },
          (_, j) =>
            (dot(
              row,
              MAP.map((r) => r[j] as number),
            ) -
              at(t, i, j)) **
            2,
        ),
      ),
    ),
  similarity: (s: Rows, t: Rows) => {
    const rowsOf = (x: Rows) => pairs(x, dot).map((row) => scaled(row, 1 / length(row)));
    const [gs, gt] = [rowsOf(s), rowsOf(t)];
    return sum(gs.flatMap((row, i) => row.map((value, j) => (value - at(gt, i, j)) ** 2))) / B ** 2;
  },
  distances: (s: Rows, t: Rows) => {
    const relative = (x: Rows) => {
      const distances = pairs(x, (a, b) => length(minus(a, b)));
      const positive = mean(distances.flat().filter((value) => value > 0));
      return distances.map((row) => scaled(row, 1 / positive));
    };
    const [ds, dt] = [relative(s), relative(t)];
    return mean(ds.flatMap((row, i) => row.map((value, j) => huberOf(value - at(dt, i, j)))));
  },
  angles: (s: Rows, t: Rows) => {
    const cosine = (x: Rows, i: number, j: number, k: number): number => {
      const [a, b] = [minus(x[i] as number[], x[j] as number[]), minus(x[k] as number[], x[j] as number[])];
      const [la, lb] = [length(a), length(b)];
      return la === 0 || lb === 0 ? 0 : dot(a, b) / (la * lb);
    };
    let total = 0;
    for (let j = 0; j < B; j++)
      for (let i = 0; i < B; i++) for (let k = 0; k < B; k++) total += huberOf(cosine(s, i, j, k) - cosine(t, i, j, k));
    return total / B ** 3;
  },
  probabilities: (s: Rows, t: Rows) => {
    const rowsOf = (x: Rows) =>
      pairs(x, (a, b) => (dot(a, b) / (length(a) * length(b)) + 1) / 2).map((row) => scaled(row, 1 / sum(row)));
    const [q, p] = [rowsOf(s), rowsOf(t)];
    return mean(p.flatMap((row, i) => row.map((value, j) => value * Math.log((value + 1e-7) / (at(q, i, j) + 1e-7)))));
  },
  gram: (s: Rows, t: Rows, delta: number) => {
    const [gs, gt] = [pairs(s, dot), pairs(t, dot)];
    const terms = gs.flatMap((row, i) => row.map((value, j) => huberOf(value - at(gt, i, j), delta)));
    return sum(terms) / length(gt.flat());
  },
};

type Loss = (student: tf.Tensor2D) => tf.Scalar;
const teacher = () => tf.tensor2d(TEACHER);
const gramOf = (rows: tf.Tensor2D) => tf.matMul<tf.Tensor2D>(rows, rows, false, true);
const CASES: [string, Rows, Loss, number][] = [
  [
    'soft labels',
    STUDENT_LOGITS,
    (s) => softLabelDivergence(s, teacher(), 3),
    BY_HAND.softLabels(STUDENT_LOGITS, TEACHER, 3),
  ],
  ['hint', STUDENT, (s) => hint(s, tf.tensor2d(MAP), teacher()), BY_HAND.hint(STUDENT, TEACHER)],
  ['similarity', STUDENT, (s) => similarityTransfer(s, teacher()), BY_HAND.similarity(STUDENT, TEACHER)],
  ['distances', STUDENT, (s) => distanceTransfer(s, teacher()), BY_HAND.distances(STUDENT, TEACHER)],
  ['angles', STUDENT, (s) => angleTransfer(s, teacher()), BY_HAND.angles(STUDENT, TEACHER)],
  ['probabilities', STUDENT, (s) => probabilisticTransfer(s, teacher()), BY_HAND.probabilities(STUDENT, TEACHER)],
  [
    'Gram matrix of the batch',
    STUDENT,
    (s) => gramTransfer(gramOf(s), gramOf(teacher()), { delta: 0.7 }),
    BY_HAND.gram(STUDENT, TEACHER, 0.7),
  ],
];

let before = 0;
beforeEach(() => {
  before = tf.memory().numTensors;
});
afterEach(() => assert.equal(tf.memory().numTensors, before));

const near = (a: number, b: number, tolerance = 1e-5) =>
  assert.ok(Math.abs(a - b) < tolerance * Math.max(1, Math.abs(b)), `${a} ${b}`);

for (const [name, student, loss, byHand] of CASES)
  describe(`distillation by ${name}`, () => {
    it('matches the formula in double precision', () =>
      near(
        tf.tidy(() => loss(tf.tensor2d(student)).dataSync()[0] as number),
        byHand,
      ));

    it('has the gradient that finite differences give', () => {
      const rows = tf.tidy(() => tf.variable(tf.tensor2d(student)));
      assert.ok(gradientError(() => tf.tidy(() => loss(rows as unknown as tf.Tensor2D)), rows) < 2e-2);
      rows.dispose();
    });

    it('is zero, with a zero gradient, for a student that is its teacher', () => {
      const own: Record<string, Loss> = {
        'soft labels': (s) => softLabelDivergence(s, teacher(), 3),
        hint: (s) => hint(s, tf.eye(DT), teacher()),
        similarity: (s) => similarityTransfer(s, teacher()),
        distances: (s) => distanceTransfer(s, teacher()),
        angles: (s) => angleTransfer(s, teacher()),
        probabilities: (s) => probabilisticTransfer(s, teacher()),
        'Gram matrix of the batch': (s) => gramTransfer(gramOf(s), gramOf(teacher())),
      };
      const { value, gradient } = tf.tidy(() => {
        const rows = tf.variable(teacher());
        const result = tf.variableGrads(() => (own[name] as Loss)(rows as unknown as tf.Tensor2D), [rows]);
        const slopes = (Object.values(result.grads)[0] as tf.Tensor).dataSync();
        rows.dispose();
        return { value: result.value.dataSync()[0] as number, gradient: Math.max(...slopes.map(Math.abs)) };
      });
      near(value, 0, 1e-6);
      near(gradient, 0, 1e-5);
    });
  });

describe('attention transfer', () => {
  const [H, W] = [2, 3];
  const maps = (channels: number) => Array.from({ length: 2 }, () => normals(H * W, channels));
  const [student, other] = [maps(3), maps(2)];
  const tensor = (map: number[][][], channels: number) => tf.tensor4d(map.flat(2), [2, H, W, channels]);
  const byHand = () => {
    const attention = (map: number[][]) => {
      const row = map.map((pixel) => dot(pixel, pixel) / pixel.length);
      return scaled(row, 1 / length(row));
    };
    return mean(
      student.flatMap((map, b) => minus(attention(map), attention(other[b] as number[][])).map((value) => value ** 2)),
    );
  };

  it('matches the formula in double precision', () =>
    near(
      tf.tidy(() => attentionTransfer(tensor(student, 3), tensor(other, 2)).dataSync()[0] as number),
      byHand(),
    ));

  it('has the gradient that finite differences give', () => {
    const map = tf.tidy(() => tf.variable(tensor(student, 3)));
    const given = tensor(other, 2);
    assert.ok(gradientError(() => attentionTransfer(map as unknown as tf.Tensor4D, given), map) < 2e-2);
    tf.dispose([map, given]);
  });
});

describe('kernel transfer over landmarks', () => {
  const example = {
    student: [
      [1, 0],
      [0, 2],
    ],
    ofStudent: [
      [1, 1],
      [0, 1],
    ],
    teacher: [
      [1, 1, 0],
      [0, 1, 2],
    ],
    ofTeacher: [
      [1, 0, 0],
      [0, 1, 1],
    ],
  };
  const linear = (a: tf.Tensor2D, b: tf.Tensor2D) => kernelValues({ kind: 'linear' }, a, b);
  const evaluate = (student: Rows, ofStudent: Rows, ofTeacher: Rows, teacherLandmarks: Rows) =>
    tf.tidy(() => {
      const rows = tf.variable(tf.tensor2d(student));
      const { value, grads } = tf.variableGrads(
        () =>
          gramTransfer(
            linear(rows as unknown as tf.Tensor2D, tf.tensor2d(ofStudent)),
            linear(tf.tensor2d(ofTeacher), tf.tensor2d(teacherLandmarks)),
          ),
        [rows],
      );
      const gradient = (Object.values(grads)[0] as tf.Tensor2D).arraySync();
      rows.dispose();
      return { value: value.dataSync()[0] as number, gradient };
    });
  const { student, ofStudent, teacher: t, ofTeacher } = example;

  it('gives the value and the gradient of the worked example', () => {
    const { value, gradient } = evaluate(student, ofStudent, t, ofTeacher);
    near(value, 0.753778);
    [
      [0, -0.301511],
      [0.301511, 0],
    ].forEach((row, i) => {
      row.forEach((slope, j) => {
        near(at(gradient, i, j), slope);
      });
    });
  });

  it('does not change when the teacher is turned, or gets more columns of zeros', () => {
    const [c, s] = [Math.cos(0.7), Math.sin(0.7)];
    const turned = (rows: Rows) => rows.map(([x = 0, y = 0, z = 0]) => [c * x - s * y, s * x + c * y, z, 0]);
    const plain = evaluate(student, ofStudent, t, ofTeacher);
    const other = evaluate(student, ofStudent, turned(t), turned(ofTeacher));
    near(other.value, plain.value);
    near(at(other.gradient, 1, 0), at(plain.gradient, 1, 0));
  });

  it('does change with the scale of the teacher', () => {
    const twice = (rows: Rows) => rows.map((row) => scaled(row, 2));
    const plain = evaluate(student, ofStudent, t, ofTeacher);
    assert.ok(Math.abs(evaluate(student, ofStudent, twice(t), twice(ofTeacher)).value - plain.value) > 0.1);
  });

  it('does not depend on the order of the batch, nor on that of the landmarks', () => {
    const plain = evaluate(student, ofStudent, t, ofTeacher);
    near(evaluate(student.toReversed(), ofStudent, t.toReversed(), ofTeacher).value, plain.value);
    near(evaluate(student, ofStudent.toReversed(), t, ofTeacher.toReversed()).value, plain.value);
  });

  it('has a gradient no longer than its landmarks allow', () => {
    for (let trial = 0; trial < 20; trial++) {
      const [x, c, y, d] = [normals(6, 3), normals(4, 3), normals(6, 5), normals(4, 5)];
      const { gradient } = evaluate(x, c, y, d);
      const norm = length(y.flatMap((row) => d.map((landmark) => dot(row, landmark))));
      const limit = sum(c.map(length)) / norm;
      for (const row of gradient) assert.ok(length(row) <= limit * (1 + 1e-5));
    }
  });

  it('stays finite, and is zero, where the teacher says nothing', () => {
    const none = [
      [0, 0, 0],
      [0, 0, 0],
    ];
    assert.equal(
      evaluate(
        [
          [0, 0],
          [0, 0],
        ],
        ofStudent,
        none,
        ofTeacher,
      ).value,
      0,
    );
  });
});

describe('kernel values', () => {
  const [a, b] = [normals(4, 3), normals(2, 3)];
  const byHand = {
    linear: (x: number[], y: number[]) => dot(x, y),
    polynomial: (x: number[], y: number[]) => (0.5 + dot(x, y) / 3) ** 3,
    rbf: (x: number[], y: number[]) => Math.exp(-dot(minus(x, y), minus(x, y)) / 2.5),
  };
  const kernel = (kind: keyof typeof byHand) =>
    kind === 'linear' ? { kind } : kind === 'rbf' ? { kind, width: tf.scalar(2.5) } : { kind, degree: 3, offset: 0.5 };

  for (const kind of ['linear', 'polynomial', 'rbf'] as const) {
    it(`match the formula: ${kind}`, () => {
      const values = tf.tidy(() => kernelValues(kernel(kind), tf.tensor2d(a), tf.tensor2d(b)).arraySync());
      a.forEach((x, i) => {
        b.forEach((y, j) => {
          near(at(values, i, j), byHand[kind](x, y));
        });
      });
    });

    it(`have the gradient that finite differences give: ${kind}`, () => {
      const rows = tf.tidy(() => tf.variable(tf.tensor2d(a)));
      const loss = () =>
        tf.tidy(() => tf.sum(kernelValues(kernel(kind), rows as unknown as tf.Tensor2D, tf.tensor2d(b))) as tf.Scalar);
      assert.ok(gradientError(loss, rows) < 2e-2);
      rows.dispose();
    });
  }

  it('come from distances that are never below zero', () => {
    const values = tf.tidy(() => squaredDistances(tf.tensor2d(a), tf.tensor2d(a)).arraySync());
    a.forEach((_, i) => {
      near(at(values, i, i), 0, 1e-5);
    });
    assert.ok(values.flat().every((value) => value >= 0));
  });
});

describe('huber', () => {
  it('is a parabola inside and a line outside', () => {
    const points = [-3, -1, -0.4, 0, 0.2, 0.5, 2];
    const values = tf.tidy(() => huber(tf.tensor1d(points), 0.5).arraySync());
    points.forEach((u, i) => {
      near(values[i] as number, huberOf(u, 0.5));
    });
  });
});
