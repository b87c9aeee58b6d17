/** The networks that are measured; `zen` is only evaluated, as a search without training does. */
export const WORKLOADS = ['cnn', 'resnet', 'mobile', 'zen'] as const;
export type Workload = (typeof WORKLOADS)[number];

export const PRECISIONS = ['f32', 'bf16'] as const;
export type Precision = (typeof PRECISIONS)[number];

/** A training step, or a forward pass without gradients. */
export const MODES = ['step', 'forward'] as const;
export type Mode = (typeof MODES)[number];

export const modesOf = (workload: Workload): readonly Mode[] => (workload === 'zen' ? ['forward'] : MODES);

/** What a measured program is asked, one line of JSON each; it answers with one line. */
export interface Run {
  readonly workload: Workload;
  readonly mode: Mode;
  readonly precision: Precision;
  /** Runs to make. */
  readonly count: number;
  /** Memory layout of PyTorch; ours has one. */
  readonly isChannelsLast?: boolean;
}

/** Milliseconds of each run: elapsed, and of CPU time of the whole process. */
export interface Times {
  readonly wall: readonly number[];
  readonly cpu: readonly number[];
  /** Kernels that ran on the plain JavaScript path, by name. */
  readonly slowPath: Readonly<Record<string, number>>;
  /** Resident memory after the runs. */
  readonly residentBytes: number;
}
