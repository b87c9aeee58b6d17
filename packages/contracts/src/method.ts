import { type Static, type TSchema, Type } from 'typebox';
import type { Fault } from './errors.ts';
import type { CutJob } from './job-part.ts';

/** A metric that a method may report; any other name is refused. */
export const MetricDescriptor = Type.Object({
  name: Type.String({ pattern: '^[a-z0-9]+(/[a-z0-9-]+)+$' }),
  unit: Type.String({ description: 'nats, fraction, count, ...' }),
  better: Type.Enum(['higher', 'lower', 'neither']),
  description: Type.String(),
});
export type MetricDescriptor = Static<typeof MetricDescriptor>;

/** A metric in one line, for the tables of descriptors. */
export const metric = (
  name: string,
  unit: string,
  better: MetricDescriptor['better'],
  description: string,
): MetricDescriptor => ({ name, unit, better, description });

/** A file that a method leaves. */
export const ArtifactDescriptor = Type.Object({
  name: Type.String(),
  mediaType: Type.String(),
  description: Type.String(),
});
export type ArtifactDescriptor = Static<typeof ArtifactDescriptor>;

/** All that API, CLI and dashboard know of a method. The code that runs it lives in `packages/methods`. */
export interface MethodDescriptor {
  id: string;
  version: string;
  title: string;
  paper: { title: string; arxiv: string };
  /** one sentence for a list */
  description: string;
  config: TSchema;
  /** what the schema cannot say; called with a config that fits it */
  faults(config: never): Fault[];
  /** the jobs that one of this config becomes on the pool; absent, or null for this config: it runs as one */
  cut?(config: never): CutJob | null;
  summary: TSchema;
  metrics: readonly MetricDescriptor[];
  artifacts: readonly ArtifactDescriptor[];
  presets: Readonly<Record<string, Preset>>;
}

/** A named config: what it costs and what it should reach, so that a reader can judge a run. */
export interface Preset {
  description: string;
  /** partial config; what the user submits goes over it */
  config: Readonly<Record<string, unknown>>;
  /** minutes on two CPU cores with the native engine, unless the description says otherwise */
  expectedMinutes: number;
  expectedResult: string;
}
