import { type Static, type TSchema, Type } from 'typebox';

const Probability = (value: number) => Type.Number({ minimum: 0, maximum: 1, default: value });
const Range = (low: number, high: number, minimum: number, maximum: number, description: string) =>
  Type.Array(Type.Number({ minimum, maximum }), { minItems: 2, maxItems: 2, default: [low, high], description });
const Strength = (maximum: number, value: number, description: string) =>
  Type.Number({ minimum: 0, maximum, default: value, description });
const operation = <Name extends string, P extends Record<string, TSchema>>(name: Name, properties: P) =>
  Type.Object({ op: Type.Literal(name), ...properties }, { additionalProperties: false, title: name });

/** One change of a picture, drawn anew for every sample, epoch and view. */
export const AugmentationOp = Type.Union([
  operation('random-resized-crop', {
    size: Type.Union([Type.Integer({ minimum: 4, maximum: 512 }), Type.Null()], {
      default: null,
      description: 'side of the result in pixels; null: as the picture',
    }),
    scale: Range(0.08, 1, 0.001, 1, 'share of the area that is cut out, lowest and highest'),
    ratio: Range(3 / 4, 4 / 3, 0.1, 10, 'width over height, lowest and highest'),
  }),
  operation('pad-crop', {
    padding: Type.Union([Type.Integer({ minimum: 0, maximum: 256 }), Type.Null()], {
      default: null,
      description:
        'black pixels added on every side before a window of the old size is cut; null: an eighth of the side',
    }),
  }),
  operation('flip', { probability: Probability(0.5) }),
  operation('color-jitter', {
    probability: Probability(0.8),
    brightness: Strength(1, 0.4, 'factor within 1 plus or minus this'),
    contrast: Strength(1, 0.4, 'factor within 1 plus or minus this'),
    saturation: Strength(1, 0.2, 'factor within 1 plus or minus this'),
    hue: Strength(0.5, 0.1, 'share of the colour circle, either way'),
  }),
  operation('grayscale', { probability: Probability(0.2) }),
  operation('gaussian-blur', {
    probability: Probability(0.5),
    sigma: Range(0.1, 2, 0.01, 20, 'standard deviation in pixels, lowest and highest'),
  }),
  operation('solarize', {
    probability: Probability(0.2),
    threshold: Type.Integer({ minimum: 0, maximum: 256, default: 128, description: 'bytes from here on are inverted' }),
  }),
  operation('cutout', {
    probability: Probability(1),
    size: Type.Integer({ minimum: 1, maximum: 512, default: 8, description: 'side of the square in pixels' }),
  }),
  operation('random-erasing', {
    probability: Probability(0.5),
    area: Range(0.02, 1 / 3, 0.001, 1, 'share of the area that is erased, lowest and highest'),
    ratio: Range(0.3, 1 / 0.3, 0.05, 20, 'height over width, lowest and highest'),
    fill: Type.Enum(['mean', 'noise'], { default: 'mean', description: 'mean of the dataset, or random bytes' }),
  }),
  operation('rand-augment', {
    numOps: Type.Integer({
      minimum: 1,
      maximum: 14,
      default: 2,
      description: 'operations per picture, N of the paper',
    }),
    magnitude: Type.Number({ minimum: 0, maximum: 10, default: 5, description: 'strength of each, M of the paper' }),
  }),
]);
export type AugmentationOp = Static<typeof AugmentationOp>;

/** What happens to every sample of the train split, in this order. */
export const AugmentationPolicy = Type.Array(AugmentationOp, { maxItems: 16, default: [] });
export type AugmentationPolicy = Static<typeof AugmentationPolicy>;

export type AugmentationPreset = 'none' | 'flip' | 'crop-flip' | 'randaugment' | 'contrastive';

/** Policies by name. `contrastive` is the usual pair-of-views policy of contrastive learning (arXiv:2002.05709). */
export const AUGMENTATION_PRESETS: Readonly<Record<AugmentationPreset, AugmentationPolicy>> = {
  none: [],
  flip: [{ op: 'flip', probability: 0.5 }],
  'crop-flip': [
    { op: 'flip', probability: 0.5 },
    { op: 'pad-crop', padding: null },
  ],
  randaugment: [
    { op: 'flip', probability: 0.5 },
    { op: 'pad-crop', padding: null },
    { op: 'rand-augment', numOps: 2, magnitude: 5 },
  ],
  contrastive: [
    { op: 'random-resized-crop', size: null, scale: [0.2, 1], ratio: [3 / 4, 4 / 3] },
    { op: 'flip', probability: 0.5 },
    { op: 'color-jitter', probability: 0.8, brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1 },
    { op: 'grayscale', probability: 0.2 },
    { op: 'gaussian-blur', probability: 0.5, sigma: [0.1, 2] },
  ],
};

/** Mixing of the samples of a batch with one another, after the policy. */
export const BatchMixing = Type.Object(
  {
    kind: Type.Enum(['none', 'mixup', 'cutmix'], { default: 'none' }),
    alpha: Type.Number({
      exclusiveMinimum: 0,
      maximum: 100,
      default: 1,
      description: 'of the distribution Beta(alpha, alpha) of the mix ratio',
    }),
  },
  { additionalProperties: false, default: {} },
);
export type BatchMixing = Static<typeof BatchMixing>;
