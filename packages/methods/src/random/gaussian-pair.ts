/**
 * @file The transcendental part of Box-Muller from two 32-bit words, by tables and short series: faster than `Math.log`,
 * `Math.cos` and `Math.sin`, and the same to the last bit on every build of the engine that runs it, which those need
 * not be (their tables are built once from them).
 */

const TABLE_BITS = 10;
const TABLE_SIZE = 1 << TABLE_BITS;
const ANGLE_LOW_BITS = 32 - TABLE_BITS;

/** The tables one after another: an engine that makes the same numbers reads the same tables. */
export const GAUSSIAN_TABLES = new Float64Array(5 * TABLE_SIZE);
const table = (index: number, valueAt: (i: number) => number): Float64Array => {
  const part = GAUSSIAN_TABLES.subarray(index * TABLE_SIZE, (index + 1) * TABLE_SIZE);
  for (let i = 0; i < TABLE_SIZE; i++) part[i] = valueAt(i);
  return part;
};
const COSINE = table(0, (i) => Math.cos((2 * Math.PI * i) / TABLE_SIZE));
const SINE = table(1, (i) => Math.sin((2 * Math.PI * i) / TABLE_SIZE));
/** Middle of the i-th slice of [1, 2), its reciprocal and its logarithm. */
const MIDDLE = table(2, (i) => 1 + (i + 0.5) / TABLE_SIZE);
const RECIPROCAL = table(3, (i) => 1 / (MIDDLE[i] as number));
const LOGARITHM = table(4, (i) => Math.log(MIDDLE[i] as number));

/**
 * Two independent standard normals from `words[first]` (radius) and `words[first + 1]` (angle), written to
 * `out[at]` and `out[at + 1]`.
 */
export function gaussianPair(out: Float32Array | Float64Array, at: number, words: Uint32Array, first: number): void {
  const word0 = words[first] as number;
  const word1 = words[first + 1] as number;
  // -ln u with u = (word0 + 1/2) / 2^32, from (word0 + 1/2) = m * 2^e with m in [1, 2)
  const value = word0 + 0.5;
  const exponent = word0 === 0 ? -1 : 31 - Math.clz32(word0);
  const mantissa = value * (POWERS[exponent + 1] as number);
  const slice = ((mantissa - 1) * TABLE_SIZE) | 0;
  const r = (mantissa - (MIDDLE[slice] as number)) * (RECIPROCAL[slice] as number); // |r| < 2^-11
  const log1p = r * (1 - r * (1 / 2 - r * (1 / 3 - r * (1 / 4 - r * (1 / 5)))));
  const negativeLog = (32 - exponent) * Math.LN2 - (LOGARITHM[slice] as number) - log1p;
  // below one, rounding could leave a tiny negative number near u = 1
  const radius = Math.sqrt(2 * (negativeLog > 0 ? negativeLog : 0));

  // the angle 2 pi word1 / 2^32 as a table step plus d in [0, 2 pi / 1024)
  const step = word1 >>> ANGLE_LOW_BITS;
  const d = (word1 & ((1 << ANGLE_LOW_BITS) - 1)) * ((2 * Math.PI) / 4294967296);
  const d2 = d * d;
  const sineOfD = d * (1 - d2 * (1 / 6 - d2 * (1 / 120)));
  const cosineOfD = 1 - d2 * (1 / 2 - d2 * (1 / 24 - d2 * (1 / 720)));
  const c = COSINE[step] as number;
  const s = SINE[step] as number;
  out[at] = radius * (c * cosineOfD - s * sineOfD);
  out[at + 1] = radius * (s * cosineOfD + c * sineOfD);
}

/** `POWERS[e + 1]` is 2^-e, for e from -1 to 31. */
const POWERS = Float64Array.from({ length: 33 }, (_, i) => 2 ** (1 - i));
