/**
 * @file The best networks under a latency budget, by predicted gain. Gains add up over places; the latency of a place
 * depends on the width that enters it, so dynamic programming walks over (place, width that leaves it, latency bin).
 */
import type { Choice } from './space.ts';

/** What is chosen from, place by place. */
export interface Selection {
  /** what may stand in each place, with its predicted gain */
  options: readonly (readonly Option[])[];
  /** milliseconds of a choice in a place, and of what follows up to the next, given the width of the choice before */
  latency(position: number, widthBefore: number | null, choice: Choice): number;
  /** milliseconds of all that precedes the first place, and of what belongs to none; may be negative */
  rest: number;
  /** milliseconds per image */
  budget: number;
  /** the budget is divided into so many; latencies are rounded up to whole bins, so that what is found keeps the budget */
  bins: number;
}

/** A choice with its predicted gain. */
export interface Option {
  choice: Choice;
  gain: number;
}

/** Choices with the sum of their gains, and the bins that they take. */
export interface Selected {
  choices: Choice[];
  gain: number;
  bins: number;
}

/** No choice keeps the budget. */
export class InfeasibleError extends RangeError {
  constructor(budget: number) {
    super(
      `no network of the space keeps ${budget.toPrecision(4)} ms per image; raise search.milliseconds, or allow less depth or width in space`,
    );
    this.name = 'InfeasibleError';
  }
}

/** Whole bins that a latency takes. Twelve digits: a sum of floats that should be a whole bin is not one bin more. */
export const binsOf = ({ budget, bins }: Pick<Selection, 'budget' | 'bins'>, milliseconds: number): number =>
  Math.ceil(Number(((milliseconds / budget) * bins).toPrecision(12)));

/** A way to a state: its last choice, and the way before it. */
interface Way {
  gain: number;
  choice: Choice;
  before: Way | null;
}

/** Ways by the width and the bins that they have come to, the best first. */
type States = Map<number | null, Map<number, (Way | null)[]>>;

/**
 * The `count` best combinations of choices within the budget, by falling gain.
 *
 * @returns them, and how many states the table held
 * @throws InfeasibleError if there is none
 */
export function selectBest(selection: Selection, count: number): { found: Selected[]; states: number } {
  let states: States = new Map([[null, new Map([[binsOf(selection, selection.rest), [null]]])]]);
  let numStates = 0;
  selection.options.forEach((options, position) => {
    states = step(selection, states, position, options, count);
    for (const byBin of states.values()) numStates += byBin.size;
  });
  const found: Selected[] = [];
  for (const byBin of states.values())
    for (const [bins, ways] of byBin)
      for (const way of ways) if (way !== null) found.push({ choices: choicesOf(way), gain: way.gain, bins });
  if (found.length === 0) throw new InfeasibleError(selection.budget);
  found.sort((a, b) => b.gain - a.gain || a.bins - b.bins);
  return { found: found.slice(0, count), states: numStates };
}

/** From the states before a place to those after it. */
const step = (
  selection: Selection,
  states: States,
  position: number,
  options: readonly Option[],
  count: number,
): States => {
  const next: States = new Map();
  for (const [width, byBin] of states)
    for (const { choice, gain } of options) {
      const cost = binsOf(selection, selection.latency(position, width, choice));
      for (const [bin, ways] of byBin) {
        if (bin + cost > selection.bins) continue;
        for (const before of ways) keep(next, bin + cost, { gain: (before?.gain ?? 0) + gain, choice, before }, count);
      }
    }
  return next;
};

/** Adds a way to its state, which holds the `count` best; equal gains stay in the order in which they came. */
const keep = (states: States, bin: number, way: Way, count: number): void => {
  const byBin = states.get(way.choice.out) ?? new Map<number, (Way | null)[]>();
  states.set(way.choice.out, byBin);
  const ways = byBin.get(bin) ?? [];
  byBin.set(bin, ways);
  const place = ways.findIndex((other) => other !== null && other.gain < way.gain);
  if (place === -1) ways.push(way);
  else ways.splice(place, 0, way);
  if (ways.length > count) ways.pop();
};

const choicesOf = (way: Way): Choice[] => [...(way.before === null ? [] : choicesOf(way.before)), way.choice];
