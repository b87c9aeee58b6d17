import type { LatencyProtocol, Timing } from '@crucible/contracts';
import * as tf from '@tensorflow/tfjs-core';
import { trimmed } from './trimmed-mean.ts';

/** Pieces that a round is timed in: what they differ by tells whether something disturbed it. */
const LAPS = 5;
/** A round whose laps have a larger coefficient of variation is measured again. */
const LARGEST_VARIATION = 0.1;
/** So often, at most, per wanted round: on a machine that is never quiet the rounds are taken as they are. */
const TRIES_PER_ROUND = 3;

export interface TimingOptions {
  protocol: LatencyProtocol;
  /** seconds on a monotonic clock */
  seconds: () => number;
  /** awaited between rounds; what it throws ends the measuring */
  between: () => Promise<void>;
}

/**
 * Times a forward pass over a batch: warm-up, then rounds of passes. Every look at the clock waits for the device.
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
  const perLap = Math.ceil(repeats / LAPS);
  const run = (passes: number): void => {
    for (let i = 0; i < passes; i += 1) tf.tidy(pass).dispose();
  };
  run(warmup);
  const kept: number[] = [];
  const disturbed: { mean: number; variation: number }[] = [];
  while (kept.length < rounds && kept.length + disturbed.length < TRIES_PER_ROUND * rounds) {
    await between();
    await deviceIdle();
    const laps: number[] = [];
    let before = seconds();
    for (let lap = 0; lap < LAPS; lap += 1) {
      run(perLap);
      await deviceIdle();
      const now = seconds();
      laps.push(now - before);
      before = now;
    }
    const round = { mean: mean(laps) / perLap / batch, variation: variationOf(laps) };
    if (round.variation <= LARGEST_VARIATION) kept.push(round.mean);
    else disturbed.push(round);
  }
  const calmest = disturbed.toSorted((a, b) => a.variation - b.variation).slice(0, rounds - kept.length);
  const found = trimmed([...kept, ...calmest.map((round) => round.mean)]);
  return {
    ms: milliseconds(found.mean),
    sd: milliseconds(found.sd),
    low: milliseconds(found.low),
    high: milliseconds(found.high),
    rejected: disturbed.length,
  };
}

const milliseconds = (seconds: number): number => Math.round(seconds * 1e12) / 1e9;

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

const variationOf = (values: readonly number[]): number => {
  const center = mean(values);
  const variance = values.reduce((sum, value) => sum + (value - center) ** 2, 0) / (values.length - 1);
  return center > 0 ? Math.sqrt(variance) / center : 0;
};

/** Resolves once the device has done all that was asked of it: devices work in order, and this asks for one more sum. */
async function deviceIdle(): Promise<void> {
  const last = tf.tidy(() => tf.add(tf.scalar(1), tf.scalar(1)));
  await last.data();
  last.dispose();
}
