import type { backend_util, DataType, TensorInfo } from '@tensorflow/tfjs-core';

/**
 * How a tensor's elements lie and how wide they are: row-major float32, float32 in blocks of channels, or
 * row-major bf16.
 */
export type Form = 'float32' | 'blocked' | 'bf16';

/** Elements in any form; bf16 as the raw bits. */
export type Elements = Float32Array | Uint16Array;

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

/** Result of a convolution, and what its batch normalisation makes of it. */
export interface ConvolvedForm {
  /** Before the normalisation: row-major float32, or bf16. */
  readonly values: Elements;
  /** Mean, variance, scale and shift, `[4, C]`. */
  readonly coefficients: Float32Array;
  /** Code of the activation, see `native/onednn.h`. */
  readonly activation: number;
  /** True if more was added, so that the tensor cannot be made from these alone. */
  readonly hasResidual: boolean;
}

/** Per-channel sums of a gradient that batch normalisation needs, left by the kernel that made the gradient. */
export interface GradientSums {
  /** Record of the normalised tensor whose gradient it is. */
  readonly of: TensorRecord;
  readonly values: Float32Array;
}

/**
 * What the backend knows of one tensor's data.
 *
 * `values` is the one form every kernel can read, in row-major (NHWC) order. A record may hold its data
 * in blocked, bf16 or convolved form only; then `values` makes the float32 row-major form when somebody first asks, so
 * kernels of the plain CPU backend need not know of the others.
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
  /** The same elements as row-major bf16; a rounded copy unless `isNarrow`. */
  bf16: Uint16Array | undefined;
  /** True if a kernel made the elements as bf16: nothing is lost when the next one reads that form. */
  isNarrow = false;
  convolved: ConvolvedForm | undefined;
  gradientSums: GradientSums | undefined;
  /** A tensor that only the gradient of this one needs; dies with the record. */
  inner: TensorInfo | undefined;
  /** A buffer that a gradient needs and tfjs does not see; pooled, dies with the record. */
  aux: Elements | undefined;
  /** Shape of `aux` where it is that of an image. */
  auxShape: readonly number[] | undefined;
  /** `values` as float32 where they are of another type, as after a cast that shares its input's data. */
  asFloat: Float32Array | undefined;
  readonly #toRowMajor: (record: TensorRecord) => Float32Array;
  #values: backend_util.BackendValues | undefined;

  /**
   * @param values undefined if the record holds another form, or is of a complex tensor
   * @param toRowMajor makes the float32 row-major form from another one, in a pooled buffer
   */
  constructor(
    values: backend_util.BackendValues | undefined,
    dtype: DataType,
    refCount: number,
    toRowMajor: (record: TensorRecord) => Float32Array,
  ) {
    this.#values = values;
    this.#toRowMajor = toRowMajor;
    this.dtype = dtype;
    this.refCount = refCount;
  }

  get values(): backend_util.BackendValues {
    if (this.#values === undefined && (this.blocked ?? this.bf16 ?? this.convolved) !== undefined) {
      this.#values = this.#toRowMajor(this);
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
