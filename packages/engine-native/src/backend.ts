import { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';
import { type backend_util, type DataType, engine, type TensorInfo, util, type Variable } from '@tensorflow/tfjs-core';
import type { Addon } from './addon.ts';
import type { BufferPool } from './buffer-pool.ts';
import type { Precision } from './precision.ts';
import { type ConvolvedForm, type Elements, type Form, TensorRecord } from './tensor-record.ts';

/** Name under which the backend is registered with tfjs. */
export const ONEDNN = 'onednn';

type DataId = TensorInfo['dataId'];

/** A new tensor of a kernel and the array to fill. */
export interface Output<Values extends Elements = Float32Array> {
  readonly info: TensorInfo;
  readonly values: Values;
}

/** Channels of a pixel that lie together in blocked form. */
export const BLOCK_CHANNELS = 16;

/** Images, pixels of an image and channels of an NHWC shape. */
function extentOf([images = 1, height = 1, width = 1, channels = 1]: readonly number[]): [number, number, number] {
  return [images, height * width, channels];
}

/** Packed copies kept per weight; a weight used with more plans than this repacks. */
const MAX_PACKED_COPIES = 8;

/**
 * The CPU backend of tfjs with outputs from a buffer pool and room for what native kernels need.
 *
 * Every record is a `TensorRecord`, so kernels of the plain CPU backend run on it unchanged. A buffer
 * goes back to the pool when its tensor dies, unless somebody else may see it.
 */
export class OneDnnBackend extends MathBackendCPU {
  readonly addon: Addon;
  readonly pool: BufferPool;
  /** Use Winograd's algorithm for 3x3 convolutions that gain from it. */
  winograd = true;
  /** What convolutions and large matrix products read: float32, or bf16 with sums in float32. */
  precision: Precision = 'f32';
  #nextId = 0;
  #conversions = 0;

  constructor(addon: Addon, pool: BufferPool) {
    super();
    this.addon = addon;
    this.pool = pool;
  }

  /** Copies made between layouts so far; a healthy training step needs none to three. */
  get conversions(): number {
    return this.#conversions;
  }

  override write(values: backend_util.BackendValues, _shape: number[], dtype: DataType): DataId {
    return this.#add(values, dtype).dataId;
  }

  override move(
    dataId: DataId,
    values: backend_util.BackendValues,
    _shape: number[],
    dtype: DataType,
    refCount: number,
  ): void {
    this.data.set(dataId, new TensorRecord(values, dtype, refCount, this.#toRowMajor));
  }

  /** The caller may keep the result: memory that will be reused or written in place is copied. */
  override readSync(dataId: DataId): backend_util.BackendValues {
    const record = this.record(dataId);
    const values = super.readSync(dataId);
    return record.isPooled && values instanceof Float32Array ? values.slice() : values;
  }

  override disposeData(dataId: DataId, force = false): boolean {
    if (!this.data.has(dataId)) return true;
    const record = this.record(dataId);
    record.refCount -= 1;
    if (!force && record.refCount > 0) return false;
    if (record.complexTensorInfos !== undefined) {
      this.disposeData(record.complexTensorInfos.real.dataId, true);
      this.disposeData(record.complexTensorInfos.imag.dataId, true);
    }
    this.data.delete(dataId);
    this.#dropPacked(record);
    this.#dropForms(record);
    if (record.aux !== undefined) this.pool.give(record.aux);
    if (record.gradientSums !== undefined) this.pool.give(record.gradientSums.values);
    if (record.inner !== undefined) this.disposeData(record.inner.dataId);
    const values = record.madeValues;
    if (record.isPooled && values instanceof Float32Array) {
      if (record.isEscaped) this.pool.abandon(values);
      else this.pool.give(values);
    }
    return true;
  }

  /** The record of a tensor's data; brings the data over if it lives on another backend. */
  record(dataId: DataId): TensorRecord {
    return this.data.get(dataId) as TensorRecord;
  }

  /** The tensor's elements as float32, to be read only. */
  float32(info: TensorInfo): Float32Array {
    const record = this.record(info.dataId);
    const values = record.values;
    if (values instanceof Float32Array) return values;
    record.asFloat ??= Float32Array.from(values as ArrayLike<number>);
    return record.asFloat;
  }

  /** A new float32 tensor with undefined contents. */
  output(shape: number[]): Output {
    const values = this.pool.take(util.sizeFromShape(shape));
    const { dataId, record } = this.#add(values, 'float32');
    record.isPooled = true;
    return { info: { dataId, shape, dtype: 'float32' }, values };
  }

  /** A new float32 tensor `[N, H, W, C]` in blocked form, with undefined contents. */
  outputBlocked(shape: number[]): Output {
    const values = this.pool.take(util.sizeFromShape(shape));
    const { dataId, record } = this.#add(undefined, 'float32');
    record.blocked = { values, shape };
    return { info: { dataId, shape, dtype: 'float32' }, values };
  }

  /** A new tensor of bf16 elements with undefined contents; tfjs knows it as float32. */
  outputBf16(shape: number[]): Output<Uint16Array> {
    const values = this.pool.takeBf16(util.sizeFromShape(shape));
    const { dataId, record } = this.#add(undefined, 'float32');
    record.bf16 = values;
    record.isNarrow = true;
    return { info: { dataId, shape, dtype: 'float32' }, values };
  }

  /** A new tensor in the form asked for. */
  outputIn(form: Form, shape: number[]): Output<Elements> {
    if (form === 'bf16') return this.outputBf16(shape);
    return form === 'blocked' ? this.outputBlocked(shape) : this.output(shape);
  }

  /** A new tensor that is made from the convolved form when somebody asks; takes over the form's buffers. */
  outputConvolved(shape: number[], convolved: ConvolvedForm): TensorInfo {
    const { dataId, record } = this.#add(undefined, 'float32');
    record.convolved = convolved;
    record.isNarrow = convolved.values instanceof Uint16Array;
    return { dataId, shape, dtype: 'float32' };
  }

  /** The form from which the tensor can be made, if it has that and holds the wanted elements. */
  convolvedForm({ dataId }: TensorInfo, isNarrow: boolean): ConvolvedForm | undefined {
    const { convolved } = this.record(dataId);
    if (convolved === undefined || convolved.hasResidual) return undefined;
    return convolved.values instanceof Uint16Array === isNarrow ? convolved : undefined;
  }

  /** True if the tensor is there in blocked form. */
  isBlocked({ dataId, shape }: TensorInfo): boolean {
    const blocked = this.record(dataId).blocked;
    return blocked !== undefined && util.arraysEqual([...blocked.shape], shape);
  }

  /** The form in which a kernel that knows all of them should read the tensor. */
  formOf(info: TensorInfo): Form {
    if (this.record(info.dataId).isNarrow) return 'bf16';
    return this.isBlocked(info) ? 'blocked' : 'float32';
  }

  /** The elements of an `[N, H, W, C]` tensor in blocked form, to be read only; made once and kept. */
  blocked(info: TensorInfo): Float32Array {
    const record = this.record(info.dataId);
    if (record.blocked !== undefined && this.isBlocked(info)) return record.blocked.values;
    const rowMajor = this.float32(info);
    const values = this.pool.take(rowMajor.length);
    this.addon.toBlocked(rowMajor, values, ...extentOf(info.shape));
    this.#conversions += 1;
    this.#dropBlocked(record);
    record.blocked = { values, shape: info.shape };
    return values;
  }

  /** The elements rounded to bf16, to be read only; made once and kept. */
  bf16(info: TensorInfo): Uint16Array {
    const record = this.record(info.dataId);
    if (record.bf16 !== undefined) return record.bf16;
    if (record.convolved?.values instanceof Uint16Array) {
      record.bf16 = this.pool.takeBf16(record.convolved.values.length);
      this.#normalise(record.convolved, record.bf16);
      return record.bf16;
    }
    const floats = this.float32(info);
    const values = this.pool.takeBf16(floats.length);
    this.addon.toBf16(floats, values);
    this.#conversions += 1;
    record.bf16 = values;
    return values;
  }

  /** The elements in the form asked for, to be read only. */
  valuesIn(form: Form, info: TensorInfo): Elements {
    if (form === 'bf16') return this.bf16(info);
    return form === 'blocked' ? this.blocked(info) : this.float32(info);
  }

  /** Ends a tensor that tfjs never saw and hands out its elements; they must be given back to the pool. */
  detach(info: TensorInfo): Elements {
    const record = this.record(info.dataId);
    const form = this.formOf(info);
    const found = this.valuesIn(form, info);
    const isOurs = form !== 'float32' || (record.isPooled && !record.isEscaped);
    const elements = isOurs ? found : this.pool.take(found.length);
    if (!isOurs) {
      elements.set(found);
      this.disposeData(info.dataId, true);
      return elements;
    }
    if (form === 'bf16') record.bf16 = undefined;
    else if (form === 'blocked') record.blocked = undefined;
    else record.isPooled = false; // so that the disposal does not give it back
    this.disposeData(info.dataId, true);
    return elements;
  }

  /** The same data under another shape. */
  share(info: TensorInfo, shape: number[]): TensorInfo {
    // a blocked form belongs to one shape: under another a row-major form must be there
    if (this.record(info.dataId).bf16 === undefined && !util.arraysEqual(info.shape, shape)) this.float32(info);
    this.incRef(info.dataId);
    return { dataId: info.dataId, shape, dtype: info.dtype };
  }

  /**
   * The variable's elements, to be written in place.
   *
   * Memory that the pool does not own, or that another tensor shares, is replaced by a copy first, so
   * a clone of the variable keeps its values. Copies in other forms become stale.
   */
  writable(variable: Variable): Float32Array {
    if (this.record(variable.dataId).refCount > 1) {
      const { info, values } = this.output(variable.shape);
      values.set(this.float32(variable));
      const copy = engine().makeTensorFromTensorInfo(info, this);
      variable.assign(copy);
      copy.dispose();
    }
    const record = this.record(variable.dataId);
    const values = this.float32(variable);
    record.version += 1;
    this.#dropForms(record);
    if (record.isPooled && !record.isEscaped) return values;
    const own = this.pool.take(variable.size);
    own.set(values);
    if (record.isPooled) this.pool.abandon(values);
    record.values = own;
    record.asFloat = undefined;
    record.isPooled = true;
    record.isEscaped = false;
    return own;
  }

  /** Buffer for the weight reordered for a plan, and whether it must be filled. */
  packedWeights(weight: TensorInfo, plan: number, length: number): { values: Float32Array; mustPack: boolean } {
    const record = this.record(weight.dataId);
    record.packed ??= new Map();
    const known = record.packed.get(plan);
    if (known !== undefined) {
      const mustPack = known.version !== record.version;
      known.version = record.version;
      return { values: known.values, mustPack };
    }
    if (record.packed.size >= MAX_PACKED_COPIES) this.#dropPacked(record);
    record.packed ??= new Map();
    const values = this.pool.take(length);
    record.packed.set(plan, { values, version: record.version });
    return { values, mustPack: true };
  }

  #add(values: backend_util.BackendValues | undefined, dtype: DataType): { dataId: DataId; record: TensorRecord } {
    const dataId = { id: this.#nextId++ };
    const record = new TensorRecord(values, dtype, 1, this.#toRowMajor);
    this.data.set(dataId, record);
    return { dataId, record };
  }

  #normalise({ values, coefficients, activation }: ConvolvedForm, target: Elements): void {
    const channels = coefficients.length / 4;
    const layout = Int32Array.of(1, values.length / channels, channels, 1);
    this.addon.applyNorm(values, null, coefficients, target, layout, activation);
  }

  readonly #toRowMajor = ({ bf16, blocked, convolved }: TensorRecord): Float32Array => {
    const source = bf16 ?? blocked?.values ?? convolved?.values;
    const rowMajor = this.pool.take(source?.length ?? 0);
    if (bf16 === undefined && blocked === undefined && convolved !== undefined) {
      if (convolved.values instanceof Float32Array) {
        this.#normalise(convolved, rowMajor);
        return rowMajor;
      }
      const narrow = this.pool.takeBf16(convolved.values.length);
      this.#normalise(convolved, narrow);
      this.addon.fromBf16(narrow, rowMajor);
      this.pool.give(narrow);
    } else if (bf16 !== undefined) this.addon.fromBf16(bf16, rowMajor);
    else if (blocked !== undefined) this.addon.fromBlocked(blocked.values, rowMajor, ...extentOf(blocked.shape));
    this.#conversions += 1;
    return rowMajor;
  };

  /** Drops every form but the float32 row-major one, which must be there if the tensor lives on. */
  #dropForms(record: TensorRecord): void {
    this.#dropBlocked(record);
    if (record.bf16 !== undefined) this.pool.give(record.bf16);
    record.bf16 = undefined;
    record.isNarrow = false;
    if (record.convolved !== undefined) {
      this.pool.give(record.convolved.values);
      this.pool.give(record.convolved.coefficients);
    }
    record.convolved = undefined;
  }

  #dropBlocked(record: TensorRecord): void {
    if (record.blocked !== undefined) this.pool.give(record.blocked.values);
    record.blocked = undefined;
  }

  #dropPacked(record: TensorRecord): void {
    for (const { values } of record.packed?.values() ?? []) this.pool.give(values);
    record.packed = undefined;
  }
}
