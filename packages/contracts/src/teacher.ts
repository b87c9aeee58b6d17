/** @file Parts of a config that names a trained network to learn from. */
import { type Static, Type } from 'typebox';
import { Architecture } from './architecture.ts';
import { Reference } from './reference.ts';

/** The keys of a teacher that another job has trained. */
export const TEACHER_WEIGHTS = {
  weights: Reference,
  model: Type.Union([Architecture, Type.Null()], {
    default: null,
    description: 'architecture that the weights were trained with; null: the one that the file names',
  }),
};

/** The keys of a loss on the probabilities of a teacher: Hinton's distillation, arXiv:1503.02531. */
export const SOFT_LABELS = {
  weight: Type.Number({ minimum: 0, maximum: 1, default: 0.9, description: 'the labels get the rest' }),
  temperature: Type.Number({ minimum: 0.5, maximum: 20, default: 4 }),
};

/** A trained network whose probabilities are targets beside the labels. */
export const TeacherOfLabels = Type.Object(
  { ...TEACHER_WEIGHTS, ...SOFT_LABELS },
  { additionalProperties: false, title: 'weights that another job has left' },
);
export type TeacherOfLabels = Static<typeof TeacherOfLabels>;
