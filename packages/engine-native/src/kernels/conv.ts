import type { backend_util } from '@tensorflow/tfjs-core';

/** A convolution as tfjs describes it; `isDepthwise` if each input channel has filters of its own. */
export interface Conv {
  readonly info: backend_util.Conv2DInfo;
  readonly isDepthwise: boolean;
}
