import type { Rng } from '../random/rng.ts';
import type { FeatureSize } from './layer.ts';

/** What a model builder needs beside the architecture. */
export interface BuildOptions {
  /** of the images */
  input: FeatureSize;
  classes: number;
  /** weight of the new batch in the running statistics. @defaultValue 0.1 */
  batchNormMomentum?: number;
  /** named streams of the job's seed */
  rng: (name: string) => Rng;
}

export const DEFAULT_BATCH_NORM_MOMENTUM = 0.1;
