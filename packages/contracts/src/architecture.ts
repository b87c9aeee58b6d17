import { type Static, Type } from 'typebox';
import type { Fault } from './errors.ts';
import { Reference } from './reference.ts';
import { structureStringFaults } from './structure/check.ts';

/** Longest structure string that is accepted, in characters. */
export const MAX_STRUCTURE_LENGTH = 20_000;

const closed = { additionalProperties: false } as const;
const Channels = Type.Integer({ minimum: 1, maximum: 8192 });

/** A network as plain JSON: what a config's `model` may be. Input size and classes follow from the dataset. */
export const Architecture = Type.Union([
  Type.Object(
    {
      kind: Type.Literal('resnet'),
      depth: Type.Enum([18, 34, 50, 101, 152], { default: 18 }),
      width: Type.Integer({
        minimum: 1,
        maximum: 1024,
        default: 64,
        description: 'channels of the stem; every stage doubles them',
      }),
      stem: Type.Enum(['cifar', 'imagenet'], {
        default: 'cifar',
        description: 'cifar: 3x3, stride 1; imagenet: 7x7, stride 2, and 3x3 maximum, stride 2',
      }),
    },
    { ...closed, title: 'ResNet' },
  ),
  Type.Object(
    {
      kind: Type.Literal('structure'),
      structure: Type.Union([Type.String({ minLength: 1, maxLength: MAX_STRUCTURE_LENGTH }), Reference], {
        description:
          'structure string of super blocks, as Zen-NAS prints it, or the file of another job that holds one',
      }),
      squeezeExcite: Type.Boolean({ default: false, description: 'adds squeeze-and-excitation to residual blocks' }),
    },
    { ...closed, title: 'structure string' },
  ),
  Type.Object(
    {
      kind: Type.Literal('small-cnn'),
      channels: Type.Array(Channels, {
        minItems: 1,
        maxItems: 16,
        default: [8, 16, 32, 64],
        description: 'of each 3x3 convolution',
      }),
      strides: Type.Array(Type.Integer({ minimum: 1, maximum: 4 }), {
        minItems: 1,
        maxItems: 16,
        default: [2, 1, 2, 2],
        description: 'one per convolution',
      }),
    },
    { ...closed, title: 'small convolutional network' },
  ),
  Type.Object(
    {
      kind: Type.Literal('mlp'),
      hidden: Type.Array(Channels, {
        maxItems: 16,
        default: [256, 256],
        description: 'width of each hidden layer; none: a linear classifier',
      }),
      dropout: Type.Optional(
        Type.Number({
          minimum: 0,
          maximum: 0.9,
          description: 'share of the units that a training step leaves out, of every hidden layer but the last',
        }),
      ),
    },
    { ...closed, title: 'multi-layer perceptron' },
  ),
]);
export type Architecture = Static<typeof Architecture>;

/** What the schema cannot say. `at` is the pointer of the architecture inside the whole config. */
export function architectureFaults(architecture: Architecture, at: string): Fault[] {
  if (architecture.kind === 'structure') {
    const { structure } = architecture;
    // what another job leaves is checked when it is read
    const messages = typeof structure === 'string' ? structureStringFaults(structure) : [];
    return messages.map((message) => ({ pointer: `${at}/structure`, message }));
  }
  if (architecture.kind !== 'small-cnn' || architecture.channels.length === architecture.strides.length) return [];
  const { channels, strides } = architecture;
  return [
    { pointer: `${at}/strides`, message: `must be as many as channels: ${channels.length}, not ${strides.length}` },
  ];
}
