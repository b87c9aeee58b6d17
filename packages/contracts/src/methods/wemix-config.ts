import { type Static, Type } from 'typebox';
import { AugmentationPolicy } from '../augmentation.ts';
import { DatasetConfig } from '../dataset.ts';
import { TWO_STAGE } from '../two-stage.ts';

const closed = { additionalProperties: false } as const;

/** Which samples are trained on, by name; `augdrop`, `mixloss` and `wemix` are those of the paper. */
export const WEMIX_MODES = [
  'none',
  'aug',
  'augdrop',
  'mixloss',
  'wemix',
  'augdrop-reverse',
  'label-smoothing',
] as const;

const Alpha = Type.Number({
  minimum: 0.05,
  maximum: 8,
  default: 1,
  description: 'of the distribution Beta(alpha, alpha) of the mix ratio',
});

/** What an augmented copy of a sample is. */
const Augmented = Type.Union([
  Type.Object(
    {
      kind: Type.Literal('mixup'),
      alpha: Alpha,
      ratioPer: Type.Enum(['batch', 'sample'], { default: 'batch', description: 'what one mix ratio is drawn for' }),
    },
    { ...closed, title: 'mixup: images and labels blended' },
  ),
  Type.Object({ kind: Type.Literal('cutmix'), alpha: Alpha }, { ...closed, title: 'CutMix: a box of another image' }),
  Type.Object(
    { kind: Type.Literal('policy'), policy: AugmentationPolicy },
    { ...closed, title: 'operations that keep the label' },
  ),
]);
export type Augmented = Static<typeof Augmented>;

/** WeMix: a weighted sum of the losses on originals and on augmented copies, and originals alone from the switch on. */
export const WeMixConfig = Type.Object(
  {
    dataset: DatasetConfig,
    model: TWO_STAGE.model,
    mode: Type.Enum([...WEMIX_MODES], {
      default: 'wemix',
      description:
        'none: originals; aug: copies; augdrop: copies, then originals; mixloss: both; wemix: both, then originals; augdrop-reverse: originals, then copies; label-smoothing: originals with labels as soft as those of mixup',
    }),
    augmented: Type.Unsafe<Augmented>({ ...Augmented, default: { kind: 'mixup', alpha: 1, ratioPer: 'batch' } }),
    copies: Type.Integer({ minimum: 1, maximum: 8, default: 1, description: 'augmented copies of each original' }),
    originalWeight: Type.Number({
      minimum: 0,
      maximum: 1,
      default: 0.5,
      description: 'weight of the loss on originals in mixloss and in the first stage of wemix',
    }),
    batchNorm: Type.Enum(['shared', 'separate'], {
      default: 'shared',
      description:
        'shared: statistics of originals and copies together; separate: each of its own, running ones of originals alone',
    }),
    switchEpoch: TWO_STAGE.switchEpoch,
    secondStage: TWO_STAGE.secondStage,
    training: TWO_STAGE.training,
    biasProbe: Type.Union(
      [
        Type.Object(
          {
            everyEpochs: Type.Integer({ minimum: 1, maximum: 10_000, default: 10 }),
            samples: Type.Integer({ minimum: 2, maximum: 100_000, default: 2000, description: 'training samples' }),
            draws: Type.Integer({ minimum: 1, maximum: 64, default: 2, description: 'augmented copies of each' }),
          },
          closed,
        ),
        Type.Null(),
      ],
      {
        default: { everyEpochs: 10, samples: 2000, draws: 2 },
        description: 'measures how far the gradient on copies is from that on originals; null: never',
      },
    ),
  },
  { additionalProperties: false, default: {} },
);
export type WeMixConfig = Static<typeof WeMixConfig>;
