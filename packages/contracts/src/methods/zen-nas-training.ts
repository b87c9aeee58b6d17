import { Type } from 'typebox';
import { BatchMixing } from '../augmentation.ts';
import { TeacherOfLabels } from '../teacher.ts';
import { trainingConfig } from '../training.ts';

/** How the structure is trained: what every method has, and the recipe of the paper, section 10 of its released code. */
export const ZenNasTraining = Type.Object(
  {
    ...trainingConfig({ warmupSteps: 200, augmentation: 'crop-flip' }).properties,
    epochs: Type.Integer({ minimum: 0, maximum: 10_000, default: 30, description: '0: search only' }),
    labelSmoothing: Type.Number({ minimum: 0, exclusiveMaximum: 1, default: 0.1 }),
    mixing: BatchMixing,
    teacher: Type.Union([TeacherOfLabels, Type.Null()], {
      default: null,
      description:
        'a trained network whose probabilities are targets beside the labels (Hinton); null: the labels alone',
    }),
    batchNormMomentum: Type.Number({
      exclusiveMinimum: 0,
      maximum: 1,
      default: 0.1,
      description: 'weight of the new batch in the running statistics',
    }),
    squeezeExcite: Type.Boolean({
      default: false,
      description: 'adds squeeze-and-excitation to the residual blocks',
    }),
  },
  { additionalProperties: false, default: {} },
);
