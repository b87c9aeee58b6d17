import { it } from 'node:test';
import { seededRandom } from './seeded-random.ts';

const numberOf = (name: string, fallback: number): number => {
  const value = Number(process.env[name] ?? fallback);
  if (!Number.isSafeInteger(value) || value < 1) throw new Error(`${name} must be a whole number of at least 1`);
  return value;
};

/**
 * Defines a test that is run several times with other draws: `CRUCIBLE_FAULT_ROUNDS` says how often, and
 * `CRUCIBLE_FAULT_SEED` where the draws begin. The seed of a round stands in its name, so that it can be repeated alone.
 *
 * @param play is given the draws of its round: `draw(n)` is a whole number in [0, n)
 */
export function eachRound(name: string, play: (draw: (below: number) => number) => Promise<void>): void {
  const first = numberOf('CRUCIBLE_FAULT_SEED', 1);
  for (let round = 0; round < numberOf('CRUCIBLE_FAULT_ROUNDS', 1); round++)
    it(`${name} (seed ${first + round})`, () => play(seededRandom(first + round)));
}
