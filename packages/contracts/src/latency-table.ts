import { type Static, Type } from 'typebox';
import { EngineInfo } from './worker.ts';

const closed = { additionalProperties: false } as const;
const Count = Type.Integer({ minimum: 1 });
const Milliseconds = Type.Number({ minimum: 0 });

/**
 * What a network is made of, as far as its latency goes: a lone convolution; GENet's two k x k, bottleneck and
 * depth-wise units, which are those of other families, too; its two unused ones; pooling with the linear layer.
 */
export const UNIT_KINDS = ['conv', 'xx', 'bl', 'dw', 'k1kx', 'k1dw', 'head'] as const;
export type UnitKind = (typeof UNIT_KINDS)[number];

const shape = {
  kind: Type.Enum([...UNIT_KINDS]),
  kernel: Type.Integer({ minimum: 1, description: '1 for the head' }),
  in: Count,
  hidden: Type.Integer({ minimum: 1, description: 'inner width; that of the output where there is none' }),
  out: Type.Integer({ minimum: 1, description: 'of the head: classes' }),
  stride: Type.Integer({ minimum: 1, maximum: 2 }),
  shortcut: Type.Enum(['none', 'identity', 'projection']),
  resolution: Type.Integer({ minimum: 1, description: 'height and width of what enters' }),
};

/** All that the latency of a unit depends on, on one device. */
export const UnitShape = Type.Object(shape, closed);
export type UnitShape = Static<typeof UnitShape>;

/** How latencies are measured: in evaluation mode, batch normalisation folded, the device waited for. */
export const LatencyProtocol = Type.Object(
  {
    batch: Type.Integer({ minimum: 1, maximum: 1024, default: 64, description: 'images of one pass' }),
    warmup: Type.Integer({ minimum: 0, maximum: 1000, default: 5, description: 'passes that are not timed' }),
    repeats: Type.Integer({
      minimum: 2,
      maximum: 10_000,
      default: 10,
      description: 'passes of one round, of which the fastest counts',
    }),
    rounds: Type.Integer({
      minimum: 1,
      maximum: 100,
      default: 5,
      description: 'rounds; the middle 60 % are averaged',
    }),
  },
  { ...closed, default: {} },
);
export type LatencyProtocol = Static<typeof LatencyProtocol>;

const timing = {
  ms: Type.Number({ minimum: 0, description: 'milliseconds per image: mean of the middle 60 % of the rounds' }),
  sd: Type.Number({ minimum: 0, description: 'standard deviation of these rounds' }),
  low: Type.Number({ minimum: 0, description: 'of the 95 % interval of the median, from order statistics' }),
  high: Milliseconds,
  rejected: Type.Integer({ minimum: 0, description: 'rounds that were measured again since their passes differed' }),
};

/** What timing a unit or a network gave. */
export const Timing = Type.Object(timing, closed);
export type Timing = Static<typeof Timing>;

/** A unit with its latency. */
export const TimedUnit = Type.Object({ ...shape, ...timing }, closed);
export type TimedUnit = Static<typeof TimedUnit>;

/** A whole network with its latency, measured and predicted. */
export const TimedNetwork = Type.Object({ structure: Type.String(), ...timing, predictedMs: Milliseconds }, closed);
export type TimedNetwork = Static<typeof TimedNetwork>;

const Correlation = Type.Union([Type.Number(), Type.Null()], { description: 'null where it is not defined' });

/** How far predictions are from what was measured, on whole networks that no part of the predictor was fitted to. */
export const LatencyError = Type.Object(
  {
    networks: Type.Integer({ minimum: 0 }),
    meanAbsolutePercentage: Type.Union([Type.Number({ minimum: 0 }), Type.Null()]),
    kendall: Correlation,
    spearman: Correlation,
  },
  closed,
);
export type LatencyError = Static<typeof LatencyError>;

/** The kinds of block at one place of a network, each as wide as it takes to do the work of the XX-block there. */
export const StageKinds = Type.Object(
  {
    block: Type.Integer({ minimum: 1, description: 'number of the block in the structure' }),
    resolution: Count,
    width: Type.Integer({ minimum: 1, description: 'of the XX-block' }),
    kinds: Type.Array(
      Type.Object(
        {
          kind: Type.Enum(['xx', 'bl', 'dw']),
          ratio: Type.Number({ exclusiveMinimum: 0 }),
          width: Count,
          macs: Type.Integer({ minimum: 1, description: 'multiply-accumulates of one image' }),
          ms: Milliseconds,
          low: Milliseconds,
          high: Milliseconds,
          picosecondsPerMac: Type.Number({ minimum: 0 }),
        },
        closed,
      ),
    ),
    fastest: Type.Enum(['xx', 'bl', 'dw'], { description: 'least time per multiply-accumulate' }),
  },
  closed,
);
export type StageKinds = Static<typeof StageKinds>;

/** Latencies of units on one device and engine, with what they predict. Tables of two devices are never mixed. */
export const LatencyTable = Type.Object(
  {
    format: Type.Literal(1),
    engine: Type.Object(
      {
        name: EngineInfo.properties.name,
        device: Type.String(),
        threads: Type.Integer({ minimum: 1 }),
        isa: Type.String(),
        versions: Type.Record(Type.String(), Type.String()),
      },
      closed,
    ),
    protocol: LatencyProtocol,
    overheadMs: Type.Number({ description: 'per image, added to the sum of the units of a network; may be negative' }),
    units: Type.Array(TimedUnit, { minItems: 1 }),
    networks: Type.Array(TimedNetwork, { description: 'held out: nothing was fitted to them' }),
    error: LatencyError,
    stages: Type.Array(StageKinds),
  },
  closed,
);
export type LatencyTable = Static<typeof LatencyTable>;
