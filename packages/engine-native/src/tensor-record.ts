import type { backend_util, DataType, TensorInfo } from '@tensorflow/tfjs-core';

/** A reordered copy of a weight, made for one convolution plan from one version of the weight. */
export interface PackedWeights {
  readonly values: Float32Array;
  version: number;
}

/**
 * What the backend knows of one tensor's data.
 *
 * `values` is the one form every kernel can read, in row-major (NHWC) order. It is an accessor so that
 * a record may hold its data in another form first and make this one when somebody asks.
 */
export class TensorRecord {
  readonly dtype: DataType;
  refCount: number;
  complexTensorInfos?: { real: TensorInfo; imag: TensorInfo };
  /** Raised by each write in place; copies made from an older version are stale. */
  version = 0;
  /** True if `values` came from the pool. */
  isPooled = false;
  /** True if another record or the caller may see the same memory: it must not be reused or written. */
  isEscaped = false;
  /** Packed copies by plan number, only on convolution weights. */
  packed: Map<number, PackedWeights> | undefined;
  /** A buffer that a gradient needs and tfjs does not see; pooled, dies with the record. */
  aux: Float32Array | undefined;
  /** `values` as float32 where they are of another type, as after a cast that shares its input's data. */
  asFloat: Float32Array | undefined;
  #values: backend_util.BackendValues;

  constructor(values: backend_util.BackendValues, dtype: DataType, refCount: number) {
    this.#values = values;
    this.dtype = dtype;
    this.refCount = refCount;
  }

  get values(): backend_util.BackendValues {
    return this.#values;
  }

  set values(values: backend_util.BackendValues) {
    this.#values = values;
  }
}
