import type { LatencyProtocol, Timing } from '@crucible/contracts';
import * as tf from '@tensorflow/tfjs-core';
import { trimmed } from './trimmed-mean.ts';

/** A round whose passes have a larger coefficient of variation is measured again. */
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
 * Times a forward pass over a batch: warm-up, then rounds of passes, each of which waits for the device. A round counts
 * with its fastest pass: what else goes on in a machine only ever adds time.
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
  for (let i = 0; i < warmup; i += 1) tf.tidy(pass).dispose();
  const calm: number[] = [];
  const disturbed: number[] = [];
  while (calm.length < rounds && calm.length + disturbed.length < TRIES_PER_ROUND * rounds) {
    await between();
    await deviceIdle();
    const passes: number[] = [];
    let before = seconds();
    for (let i = 0; i < repeats; i += 1) {
      tf.tidy(pass).dispose();
      await deviceIdle();
      const now = seconds();
      passes.push(now - before);
      before = now;
    }
    (variationOf(passes) <= LARGEST_VARIATION ? calm : disturbed).push(Math.min(...passes) / batch);
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
