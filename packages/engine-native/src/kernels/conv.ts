import type { backend_util } from '@tensorflow/tfjs-core';

/** A convolution as tfjs describes it. */
export interface Conv {
  readonly info: backend_util.Conv2DInfo;
  /** Parts of the channels that have filters of their own; as many as input channels if depthwise. */
  readonly groups: number;
}
