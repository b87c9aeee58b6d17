import type { backend_util, DataType, TensorInfo } from '@tensorflow/tfjs-core';

/** A reordered copy of a weight, made for one convolution plan from one version of the weight. */
export interface PackedWeights {
  readonly values: Float32Array;
  version: number;
}

/** A tensor as float32 `nChw16c`: channels in blocks of 16, pixels of a block one after another. */
export interface BlockedForm {
  readonly values: Float32Array;
  /** `[N, H, W, C]`, with C a multiple of 16. */
  readonly shape: readonly number[];
}

/**
 * What the backend knows of one tensor's data.
 *
 * `values` is the one form every kernel can read, in row-major (NHWC) order. A record may hold its data
 * in blocked form only; then `values` makes the row-major form when somebody first asks, so kernels of
 * the plain CPU backend need not know of the other.
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
  blocked: BlockedForm | undefined;
  /** A buffer that a gradient needs and tfjs does not see; pooled, dies with the record. */
  aux: Float32Array | undefined;
  /** `values` as float32 where they are of another type, as after a cast that shares its input's data. */
  asFloat: Float32Array | undefined;
  readonly #toRowMajor: (blocked: BlockedForm) => Float32Array;
  #values: backend_util.BackendValues | undefined;

  /**
   * @param values undefined if the record holds another form, or is of a complex tensor
   * @param toRowMajor makes the row-major form from the blocked one, in a pooled buffer
   */
  constructor(
    values: backend_util.BackendValues | undefined,
    dtype: DataType,
    refCount: number,
    toRowMajor: (blocked: BlockedForm) => Float32Array,
  ) {
    this.#values = values;
    this.#toRowMajor = toRowMajor;
    this.dtype = dtype;
    this.refCount = refCount;
  }

  get values(): backend_util.BackendValues {
    if (this.#values === undefined && this.blocked !== undefined) {
      this.#values = this.#toRowMajor(this.blocked);
      this.isPooled = true;
    }
    return this.#values as backend_util.BackendValues; // complex tensors have none, as tfjs knows
  }

  /** The row-major form if there is one already. */
  get madeValues(): backend_util.BackendValues | undefined {
    return this.#values;
  }

  set values(values: backend_util.BackendValues) {
    this.#values = values;
  }
}
