import type { MethodDescriptor, Progress } from '@crucible/contracts';
import type { Dataset } from '../data/dataset.ts';
import type { Checkpoint, MethodContext, StopRequest } from '../method.ts';
import { createRng } from '../random/create-rng.ts';

export interface FakeContextOptions {
  descriptor: MethodDescriptor;
  dataset: Dataset;
  seed?: number;
  resumeFrom?: Checkpoint | null;
  /** bytes by hash, for references of the config */
  inputs?: ReadonlyMap<string, Uint8Array>;
  /** what the worker wants at the `call`-th question, from 1; a thrown error ends the attempt like a signal */
  stop?: (call: number) => StopRequest;
}

/** A context that keeps everything in memory, and what a method told it. */
export interface FakeContext extends MethodContext {
  /** times that the method asked whether to stop */
  readonly questions: number;
  /** value by `name@step`, the last one told */
  readonly metrics: ReadonlyMap<string, number>;
  readonly artifacts: ReadonlyMap<string, Uint8Array>;
  readonly progressLines: readonly Progress[];
  readonly checkpoints: readonly Checkpoint[];
}

/** JSON cannot hold a number that is not finite: the worker refuses such a state. */
const refuseNonFinite = (key: string, value: unknown): unknown => {
  if (typeof value === 'number' && !Number.isFinite(value)) throw new Error(`checkpoint.state: ${key} is ${value}`);
  return value;
};

/** What a checkpoint is after a way through JSON and files: nothing of it is shared with the method any more. */
const stored = ({ step, state, tensors }: Checkpoint): Checkpoint => ({
  step,
  state: JSON.parse(JSON.stringify(state, refuseNonFinite)),
  tensors: tensors.map((tensor) => ({ ...tensor, shape: [...tensor.shape], data: tensor.data.slice() })),
});

/** A context without worker, database or clock: time passes by a millisecond per look at it. */
export function createFakeContext(options: FakeContextOptions): FakeContext {
  const { descriptor, dataset, seed = 0, resumeFrom = null, inputs = new Map(), stop = () => 'no' } = options;
  const metricNames = new Set(descriptor.metrics.map(({ name }) => name));
  const artifactNames = new Set(descriptor.artifacts.map(({ name }) => name));
  const metrics = new Map<string, number>();
  const artifacts = new Map<string, Uint8Array>();
  const progressLines: Progress[] = [];
  const checkpoints: Checkpoint[] = [];
  let questions = 0;
  let lastStep = resumeFrom?.step ?? 0;
  let milliseconds = 0;
  return {
    get questions() {
      return questions;
    },
    engine: { name: 'cpu', device: 'test', threads: 1, isa: '', versions: {}, reasons: [] },
    metrics,
    artifacts,
    progressLines,
    checkpoints,
    resumeFrom: resumeFrom === null ? null : stored(resumeFrom),
    rng: (name) => createRng(seed, name),
    data: async () => dataset,
    async input({ sha256 = '' }) {
      const bytes = inputs.get(sha256);
      if (bytes === undefined) throw new Error(`there is no input ${sha256}`);
      return bytes;
    },
    async shouldStop() {
      questions += 1;
      return stop(questions);
    },
    report(step, values) {
      if (step < lastStep) throw new Error(`step ${step} is reported after step ${lastStep} was saved or reported`);
      lastStep = step;
      for (const [name, value] of Object.entries(values)) {
        if (!metricNames.has(name)) throw new Error(`the metric ${name} is not declared`);
        metrics.set(`${name}@${step}`, value);
      }
    },
    progress: (progress) => {
      progressLines.push(progress);
    },
    log: () => undefined,
    async saveCheckpoint(checkpoint) {
      if (checkpoint.step < lastStep)
        throw new Error(`the checkpoint has step ${checkpoint.step} after step ${lastStep}`);
      lastStep = checkpoint.step;
      checkpoints.push(stored(checkpoint));
    },
    async saveArtifact(name, bytes) {
      if (!artifactNames.has(name)) throw new Error(`the artifact ${name} is not declared`);
      artifacts.set(name, typeof bytes === 'string' ? new TextEncoder().encode(bytes) : bytes.slice());
    },
    seconds: () => {
      milliseconds += 1;
      return milliseconds / 1000;
    },
  };
}
