import { it } from 'node:test';
import { seededRandom } from './seeded-random.ts';

const numberOf = (name: string, fallback: number): number => {
  const value = Number(process.env[name] ?? fallback);
  if (!Number.isSafeInteger(value) || value < 1) throw new Error(`${name} must be a whole number of at least 1`);
  return value;
};

/** One run of a test: its seed stands in the test's name, so that it can be repeated alone. */
export interface FaultRound {
  seed: number;
  /** `draw(n)` is a whole number in [0, n) */
  draw: (below: number) => number;
}

/** As many rounds as `CRUCIBLE_FAULT_ROUNDS` says, with seeds from `CRUCIBLE_FAULT_SEED` on; one, from 1, unless they are set. */
export function faultRounds(): FaultRound[] {
  const first = numberOf('CRUCIBLE_FAULT_SEED', 1);
  return Array.from({ length: numberOf('CRUCIBLE_FAULT_ROUNDS', 1) }, (_, round) => ({
    seed: first + round,
    draw: seededRandom(first + round),
  }));
}

/** Defines a test that is played once per round, with the draws of its round. */
export function eachRound(name: string, play: (draw: FaultRound['draw']) => Promise<void>): void {
  for (const { seed, draw } of faultRounds()) it(`${name} (seed ${seed})`, () => play(draw));
}
