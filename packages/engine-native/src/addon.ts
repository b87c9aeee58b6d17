import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { EngineUnavailableError } from './engine-error.ts';
import type { Elements } from './tensor-record.ts';

/** What the addon says about itself and the machine. */
interface AddonInfo {
  readonly oneDnn: string;
  /** Widest instruction set that oneDNN uses here, e.g. `avx512_core`. */
  readonly isa: string;
  readonly threads: number;
}

type OptionalFloats = Float32Array | null;
type OptionalElements = Elements | null;

/**
 * The native functions. All work in place on typed arrays, check every length, and throw an `Error`
 * on a wrong argument. `Elements` arguments of one call are all float32 or all bf16. Codes of functions and shapes are those of the C++ sources in `native/kernels`.
 */
export interface Addon {
  info(): AddonInfo;
  setThreads(count: number): void;
  /** Undefined where the JavaScript engine refuses memory that it did not allocate. */
  allocate(bytes: number): ArrayBuffer | undefined;

  /** @returns plan number, or -1 if oneDNN refuses; `sizes[0]` is the size of packed weights in floats */
  convPlan(shape: Int32Array, sizes: Int32Array): number;
  convRun(
    plan: number,
    source: Elements,
    weights: Float32Array,
    destination: Elements,
    bias: OptionalFloats,
    packed: OptionalFloats,
    mustPack: number,
  ): void;
  convImplementation(plan: number): string;
  /** @returns plan number, or -1 if oneDNN refuses */
  convNormPlan(shape: Int32Array): number;
  convNormForward(
    plan: number,
    x: Elements,
    xCoefficients: OptionalFloats,
    xActivation: number,
    filter: Float32Array,
    z: Elements,
    gamma: Float32Array,
    beta: Float32Array,
    coefficients: Float32Array,
    movingMean: OptionalFloats,
    movingVariance: OptionalFloats,
    epsilon: number,
    momentum: number,
  ): void;
  convNormBackward(
    plan: number,
    dy: Elements,
    z: Elements,
    coefficients: Float32Array,
    activation: number,
    sums: OptionalFloats,
    x: Elements,
    xCoefficients: OptionalFloats,
    xActivation: number,
    filter: Float32Array,
    gamma: Float32Array,
    dfilter: Float32Array,
    dgamma: Float32Array,
    dbeta: Float32Array,
    dx: OptionalElements,
    dxSums: OptionalFloats,
    epsilon: number,
    y: OptionalElements,
    dresidual: OptionalElements,
  ): void;
  applyNorm(
    z: Elements,
    residual: OptionalElements,
    coefficients: Float32Array,
    y: Elements,
    layout: Int32Array,
    activation: number,
  ): void;
  depthwiseFilterGrad(x: Float32Array, dy: Float32Array, dw: Float32Array, shape: Int32Array): void;

  im2col(x: Uint16Array, columns: Uint16Array, shape: Int32Array): void;

  /** @returns 0 if oneDNN refuses the shape */
  matMul(shape: Int32Array, a: Elements, b: Elements, c: Float32Array, bias: OptionalFloats): number;
  /** @returns 0 if oneDNN refuses the shape */
  transpose(fields: Int32Array, input: Float32Array, output: Float32Array): number;
  toBlocked(rowMajor: Float32Array, blocked: Float32Array, images: number, pixels: number, channels: number): void;
  fromBlocked(blocked: Float32Array, rowMajor: Float32Array, images: number, pixels: number, channels: number): void;
  toBf16(floats: Float32Array, halves: Uint16Array): void;
  fromBf16(halves: Uint16Array, floats: Float32Array): void;
  addBf16(a: Uint16Array, b: Uint16Array, sum: Uint16Array): void;
  copyRegion(box: Int32Array, source: Float32Array, target: Float32Array): void;

  unary(code: number, x: Elements, y: Elements, parameter: number): void;
  eltwise(code: number, x: Float32Array, y: Float32Array): void;
  binary(
    code: number,
    a: Float32Array,
    b: Float32Array,
    out: Float32Array,
    shape: number,
    outer: number,
    middle: number,
    inner: number,
  ): void;
  reluGrad(dy: Elements, x: Elements, dx: Elements, upper: number): void;
  biasActGrad(
    dy: Elements,
    y: OptionalElements,
    dz: OptionalElements,
    dbias: Float32Array,
    layout: Int32Array,
    activation: number,
  ): void;

  /** One byte per result. */
  compare(
    code: number,
    a: Float32Array | Uint8Array,
    b: Float32Array | Uint8Array,
    out: Uint8Array,
    extent: Int32Array,
  ): void;
  select(
    condition: Uint8Array,
    whenTrue: Float32Array,
    whenFalse: Float32Array,
    out: Float32Array,
    inner: number,
  ): void;
  cumulate(
    x: Float32Array,
    y: Float32Array,
    outer: number,
    columns: number,
    inner: number,
    exclusive: number,
    reverse: number,
  ): void;
  argExtreme(x: Float32Array, y: Int32Array, outer: number, reduced: number, inner: number, sign: number): void;
  topK(x: Float32Array, values: Float32Array, indices: Int32Array, rows: number, columns: number, k: number): void;
  gather(
    x: Float32Array,
    indices: Int32Array,
    y: Float32Array,
    batch: number,
    outer: number,
    rows: number,
    inner: number,
  ): void;
  segmentSum(x: Float32Array, ids: Int32Array, y: Float32Array, segments: number, inner: number): void;
  tile(fields: Int32Array, x: Float32Array, y: Float32Array): void;
  resizeBilinear(x: Float32Array, y: Float32Array, shape: Int32Array): void;
  resizeBilinearGrad(dy: Float32Array, dx: Float32Array, shape: Int32Array): void;
  /** Fills `y` from `x`, or as a gradient `x` from `y`. */
  resizeNearest(x: Float32Array, y: Float32Array, shape: Int32Array, isGradient: number): void;
  cropAndResize(
    images: Float32Array,
    boxes: Float32Array,
    indices: Int32Array,
    y: Float32Array,
    shape: Int32Array,
    outside: number,
  ): void;
  groupNorm(
    x: Float32Array,
    gamma: Float32Array,
    beta: Float32Array,
    y: Float32Array,
    statistics: Float32Array,
    shape: Int32Array,
    epsilon: number,
  ): void;
  groupNormGrad(
    dy: Float32Array,
    x: Float32Array,
    gamma: Float32Array,
    statistics: Float32Array,
    dx: Float32Array,
    dgamma: Float32Array,
    dbeta: Float32Array,
    shape: Int32Array,
  ): void;

  sum(x: Elements, y: Float32Array, outer: number, reduced: number, inner: number, scale: number): void;
  max(x: Float32Array, y: Float32Array, outer: number, reduced: number, inner: number): void;
  expand(dy: Float32Array, dx: Elements, outer: number, reduced: number, inner: number, scale: number): void;
  softmax(x: Float32Array, y: Float32Array, rows: number, columns: number, logarithm: number): void;

  maxPool(x: Float32Array, y: Float32Array, shape: Int32Array): void;
  avgPool(x: Float32Array, y: Float32Array, shape: Int32Array): void;
  maxPoolGrad(dy: Float32Array, x: Float32Array, dx: Float32Array, shape: Int32Array): void;
  avgPoolGrad(dy: Float32Array, dx: Float32Array, shape: Int32Array): void;
  maxPool2x2(x: Elements, y: Elements, shape: Int32Array): void;
  maxPool2x2Grad(dy: Elements, x: Elements, dx: Elements, shape: Int32Array): void;
  biasReluPoolGrad(dy: Elements, activated: Elements, dz: Elements, dbias: Float32Array, shape: Int32Array): void;

  batchNorm(
    x: Elements,
    mean: Float32Array,
    variance: Float32Array,
    gamma: OptionalFloats,
    beta: OptionalFloats,
    y: Elements,
    layout: Int32Array,
    epsilon: number,
  ): void;
  batchNormGrad(
    dy: Elements,
    x: Elements,
    mean: Float32Array,
    variance: Float32Array,
    gamma: OptionalFloats,
    dx: Elements,
    dmean: Float32Array,
    dvariance: Float32Array,
    dgamma: Float32Array,
    dbeta: Float32Array,
    layout: Int32Array,
    epsilon: number,
  ): void;
  batchNormTrain(
    x: Elements,
    residual: OptionalElements,
    gamma: Float32Array,
    beta: Float32Array,
    y: Elements,
    statistics: Float32Array,
    movingMean: OptionalFloats,
    movingVariance: OptionalFloats,
    layout: Int32Array,
    epsilon: number,
    momentum: number,
    activation: number,
  ): void;
  batchNormTrainGrad(
    dy: Elements,
    x: Elements,
    y: OptionalElements,
    gamma: Float32Array,
    beta: Float32Array,
    statistics: Float32Array,
    dx: Elements,
    dgamma: Float32Array,
    dbeta: Float32Array,
    dresidual: OptionalElements,
    layout: Int32Array,
    epsilon: number,
    activation: number,
  ): void;

  sgdStep(
    weights: readonly Float32Array[],
    gradients: readonly Float32Array[],
    velocities: readonly Float32Array[],
    settings: Float32Array,
  ): void;
  adamStep(
    weights: readonly Float32Array[],
    gradients: readonly Float32Array[],
    firstMoments: readonly Float32Array[],
    secondMoments: readonly Float32Array[],
    settings: Float32Array,
  ): void;
  emaStep(averages: readonly Float32Array[], values: readonly Float32Array[], decay: number): void;
  normalBlocks(out: Float32Array, position: Int32Array, tables: Float64Array): void;
}

/** Where the build puts the addon; the same from `src` and from `dist`. */
export const ADDON_PATH: string = fileURLToPath(new URL('../build/onednn.node', import.meta.url));

const supportsAvx2 = (): boolean => {
  try {
    const flags = /^flags\s*:(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1] ?? '';
    return / avx2\b/.test(flags) && / fma\b/.test(flags);
  } catch {
    return false; // no such file: not Linux, where nothing is built anyway
  }
};

/**
 * Loads the native addon.
 *
 * @throws EngineUnavailableError `addon-not-built`, `cpu-unsupported`, `library-missing` or `abi-mismatch`
 */
export function loadAddon(path: string = ADDON_PATH): Addon {
  const unavailable = (code: EngineUnavailableError['code'], message: string, cause?: unknown) =>
    new EngineUnavailableError('onednn', code, message, cause);
  if (!existsSync(path)) {
    throw unavailable('addon-not-built', `${path} does not exist; build the native engine first`);
  }
  if (!supportsAvx2()) {
    throw unavailable('cpu-unsupported', 'the native engine needs a CPU with AVX2 and FMA');
  }
  try {
    return createRequire(import.meta.url)(path) as Addon;
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    const code = /cannot open shared object file/.test(message) ? 'library-missing' : 'abi-mismatch';
    throw unavailable(code, `${message}; build the native engine again`, cause);
  }
}
