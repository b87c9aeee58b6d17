import type {
  DatasetConfig,
  EngineInfo,
  LogLevel,
  MethodId,
  Progress,
  Reference,
  TensorDtype,
} from '@crucible/contracts';
import type { Dataset } from './data/dataset.ts';
import type { Rng } from './random/rng.ts';

/** One tensor of a checkpoint, on the host. */
export interface StoredTensor {
  name: string;
  dtype: TensorDtype;
  shape: readonly number[];
  data: Float32Array | Int32Array | Uint8Array | Float64Array;
}

/** All that a method needs to go on: what is not here does not survive a kill. */
export interface Checkpoint {
  step: number;
  /** plain JSON: counters, population, epoch, cursor; numbers keep their full precision */
  state: unknown;
  tensors: readonly StoredTensor[];
}

/** What the worker wants of a method at its next step. */
export type StopRequest = 'no' | 'release' | 'cancel';

/** Everything a method may touch: no queue, no database, no clock of its own, no environment. */
export interface MethodContext {
  /**
   * The counter-based stream `name` of the job's seed. The same name gives the same numbers on every attempt,
   * so a stream that is drawn again after a resume must be named by what it is for (epoch, step, structure).
   */
  rng(name: string): Rng;
  /** Reads the dataset that the config names. @throws DataError if it is missing, damaged or does not fit. */
  data(config: DatasetConfig): Promise<Dataset>;
  readonly resumeFrom: Checkpoint | null;
  /** The verified bytes that a reference of the config names: the same ones on every attempt. */
  input(reference: Reference): Promise<Uint8Array>;
  /**
   * Lets messages through and tells whether to go on. Called once per step.
   * `release`: save a checkpoint and return; `cancel`: return. Both by throwing what `stopped()` gives.
   */
  shouldStop(): Promise<StopRequest>;
  /**
   * Metrics at a step; names must be declared by the method's descriptor. NaN and infinities may be reported.
   * Steps are the job's: they never fall, and checkpoints count in the same ones, so that points of a lost attempt
   * which lie behind its last checkpoint can be told from those that count.
   */
  report(step: number, values: Readonly<Record<string, number>>): void;
  progress(progress: Progress): void;
  log(level: LogLevel, message: string, fields?: Readonly<Record<string, unknown>>): void;
  /** Resolves once the checkpoint is safe on the worker's disk; committing it goes on beside the method. */
  saveCheckpoint(checkpoint: Checkpoint): Promise<void>;
  saveArtifact(name: string, bytes: Uint8Array | string): Promise<void>;
  /** What executes tensors here: a measured latency is worth nothing without it. Never for decisions. */
  readonly engine: EngineInfo;
  /**
   * Seconds on a monotonic clock: for rates that are reported, and for latencies that are measured. A decision may rest
   * on a latency only if it is stored in checkpoints, and not measured again after a resume.
   */
  seconds(): number;
}

/** Thrown by a method that obeyed `shouldStop`; the runner knows it by its type. */
export class Stopped extends Error {
  constructor() {
    super('the attempt was asked to stop');
    this.name = 'Stopped';
  }
}

/** The dataset is missing, damaged or does not fit the config: ends the job without a retry. */
export class DataError extends Error {
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'DataError';
  }
}

/** A loss or statistic became NaN or infinite where training cannot go on. */
export class NonFiniteError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'NonFiniteError';
  }
}

/** A method: the algorithm behind one id. Its config schema and descriptor live in `contracts`. */
export interface Method<Config, Summary> {
  id: MethodId;
  run(config: Config, ctx: MethodContext): Promise<Summary>;
}
