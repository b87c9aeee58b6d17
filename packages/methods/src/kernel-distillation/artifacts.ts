import { BOUND_NAMES } from '../gram/bounds.ts';
import type { RunState } from './run-state.ts';

const HEADER = [
  'epoch',
  'student',
  'teacher',
  'teacher_norm',
  'gap',
  'student_error',
  'teacher_error',
  'n1',
  'n2',
  'n2_loose',
  'n3_left',
  'n3_right',
  'n4',
  'landmark_gap',
  'smallest_eigenvalue',
  ...BOUND_NAMES.map((name) => `${name}_slack`),
];

/** Both sides of every bound by epoch and layer; slacks in shares of the teacher's norm. */
export function gramErrorCsv(grams: RunState['grams']): string {
  const rows = grams.flatMap(({ epoch, records }) =>
    records.map(({ student, teacher, bounds, slacks }) => [
      epoch,
      student,
      teacher,
      bounds.teacherNorm,
      bounds.gap,
      bounds.studentError,
      bounds.teacherError,
      bounds.n1,
      bounds.n2,
      bounds.n2Loose,
      bounds.n3?.left ?? null,
      bounds.n3?.right ?? null,
      bounds.n4,
      bounds.landmarkGap,
      bounds.smallestEigenvalue,
      ...BOUND_NAMES.map((name) => slacks[name]),
    ]),
  );
  return `${[HEADER, ...rows].map((row) => row.map((value) => value ?? '').join(',')).join('\n')}\n`;
}
