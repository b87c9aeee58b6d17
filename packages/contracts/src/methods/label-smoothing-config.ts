import { type Static, Type } from 'typebox';
import { DatasetConfig } from '../dataset.ts';
import { Reference } from '../reference.ts';
import { TWO_STAGE } from '../two-stage.ts';

const closed = { additionalProperties: false } as const;

/** How the smoothing goes over the training, by name; `tsla` is the method of the paper, the others are what it is compared with. */
export const SMOOTHING_MODES = ['none', 'lsr', 'tsla', 'late-only', 'linear-decay'] as const;

/** Two-stage label smoothing (TSLA): soft targets before the switch epoch, hard ones from it on. */
export const LabelSmoothingConfig = Type.Object(
  {
    dataset: DatasetConfig,
    model: TWO_STAGE.model,
    labelNoise: Type.Number({
      minimum: 0,
      maximum: 0.8,
      default: 0,
      description: 'rate at which training labels are replaced by another class, all others alike; drawn by seed',
    }),
    mode: Type.Enum([...SMOOTHING_MODES], {
      default: 'tsla',
      description:
        'none: hard labels; lsr: smoothing all along; tsla: until the switch epoch; late-only: from it on; linear-decay: falls to zero over the training',
    }),
    smoothing: Type.Number({
      minimum: 0,
      maximum: 0.95,
      default: 0.4,
      description: 'mass taken from the label and given to the soft label',
    }),
    teacher: Type.Union(
      [
        Type.Object(
          {
            weights: Reference,
            model: TWO_STAGE.model,
            temperature: Type.Number({ minimum: 0.1, maximum: 100, default: 1 }),
          },
          closed,
        ),
        Type.Null(),
      ],
      {
        default: null,
        description: 'a trained network whose probabilities are the soft labels; null: the uniform distribution',
      },
    ),
    switchEpoch: TWO_STAGE.switchEpoch,
    secondStage: TWO_STAGE.secondStage,
    training: TWO_STAGE.training,
    deltaProbe: Type.Union(
      [
        Type.Object(
          {
            everyEpochs: Type.Integer({ minimum: 1, maximum: 10_000, default: 5 }),
            samples: Type.Integer({ minimum: 16, maximum: 100_000, default: 2000, description: 'training samples' }),
          },
          closed,
        ),
        Type.Null(),
      ],
      {
        default: { everyEpochs: 5, samples: 2000 },
        description:
          'measures how good the soft label is (delta of the paper) before and after the training; null: never',
      },
    ),
  },
  { additionalProperties: false, default: {} },
);
export type LabelSmoothingConfig = Static<typeof LabelSmoothingConfig>;
