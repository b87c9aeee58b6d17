import type { LatencyProtocol, Timing } from '@crucible/contracts';
import * as tf from '@tensorflow/tfjs-core';
import { trimmed } from './trimmed-mean.ts';

/** A round whose times have a larger coefficient of variation is measured again. */
const LARGEST_VARIATION = 0.1;
/** Rounds at most, per round that is wanted: on a machine that is never quiet they are taken as they are. */
const TRIES_PER_ROUND = 2;

export interface TimingOptions {
  protocol: LatencyProtocol;
  /** seconds on a monotonic clock */
  seconds: () => number;
  /** awaited between rounds; what it throws ends the measuring */
  between: () => Promise<void>;
}

/**
 * Times a forward pass over a batch: warm-up, then rounds of passes. Every look at the clock waits for the device; where
 * that takes long beside a pass, several passes go between two looks. A round counts with its fastest ones: what else
 * goes on in a machine only ever adds time.
 *
 * Milliseconds are per image and whole in picoseconds, which is finer than any clock.
 *
 * @param pass one forward pass; what it returns is freed
 */
export async function timePasses(
  pass: () => tf.Tensor,
  { protocol, seconds, between }: TimingOptions,
): Promise<Timing> {
  const { batch, warmup, repeats, rounds } = protocol;
  const run = (passes: number): void => {
    for (let i = 0; i < passes; i += 1) tf.tidy(pass).dispose();
  };
  run(warmup);
  const together = Math.min(await passesPerLook(run, seconds), Math.max(1, Math.floor(repeats / 2)));
  const calm: number[] = [];
  const disturbed: number[] = [];
  while (calm.length < rounds && calm.length + disturbed.length < TRIES_PER_ROUND * rounds) {
    await between();
    await deviceIdle();
    const times: number[] = [];
    let before = seconds();
    for (let done = 0; done + together <= repeats; done += together) {
      run(together);
      await deviceIdle();
      const now = seconds();
      times.push((now - before) / together);
      before = now;
    }
    (variationOf(times) <= LARGEST_VARIATION ? calm : disturbed).push(Math.min(...times) / batch);
  }
  const fastest = disturbed.toSorted((a, b) => a - b).slice(0, rounds - calm.length);
  const found = trimmed([...calm, ...fastest]);
  return {
    ms: milliseconds(found.mean),
    sd: milliseconds(found.sd),
    low: milliseconds(found.low),
    high: milliseconds(found.high),
    rejected: disturbed.length,
  };
}

/** So many passes that waiting for the device adds no more than a tenth to them. */
async function passesPerLook(run: (passes: number) => void, seconds: () => number): Promise<number> {
  const timed = async (passes: number): Promise<number> => {
    const before = seconds();
    run(passes);
    await deviceIdle();
    return seconds() - before;
  };
  await deviceIdle();
  const [waiting, pass] = [await timed(0), await timed(1)];
  return pass > 0 ? Math.max(1, Math.ceil((10 * waiting) / pass)) : 1;
}

const milliseconds = (seconds: number): number => Math.round(seconds * 1e12) / 1e9;

const variationOf = (values: readonly number[]): number => {
  const center = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - center) ** 2, 0) / (values.length - 1);
  return center > 0 ? Math.sqrt(variance) / center : 0;
};

/** Resolves once the device has done all that was asked of it: devices work in order, and this asks for one more sum. */
async function deviceIdle(): Promise<void> {
  const last = tf.tidy(() => tf.add(tf.scalar(1), tf.scalar(1)));
  await last.data();
  last.dispose();
}
