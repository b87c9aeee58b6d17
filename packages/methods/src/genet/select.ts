/**
 * @file The best networks under a latency budget, by predicted gain. Gains add up over places; latencies couple each
 * place with the width that enters it, so dynamic programming walks over (place, width that leaves it, latency bin).
 */
import type { Choice } from './space.ts';

/** What is chosen from, place by place. */
export interface Selection {
  /** what may stand in each place, with its predicted gain */
  choices: readonly (readonly { choice: Choice; gain: number }[])[];
  /** milliseconds of a choice in a place, given the width that enters it */
  latency(position: number, entering: number, choice: Choice): number;
  /** milliseconds of all that follows the last place, given its width, and of all that precedes the first */
  rest(leaving: number): number;
  /** width that enters the first place */
  entering: number;
  /** milliseconds per image */
  budget: number;
  /** the budget is divided into so many; latencies are rounded up to whole bins, so that what is found keeps the budget */
  bins: number;
}

/** Choices with their sum of gains, and the bins that they take. */
export interface Selected {
  choices: Choice[];
  gain: number;
  bins: number;
}

/** No choice keeps the budget. */
export class InfeasibleError extends RangeError {}

/** A way to a state: its last choice, and the way before it. */
interface Way {
  gain: number;
  choice: Choice;
  before: Way | null;
}

/** Whole bins that a latency takes. Twelve digits: a sum of floats that should be a whole bin is not one bin more. */
export const binsOf = ({ budget, bins }: Pick<Selection, 'budget' | 'bins'>, milliseconds: number): number =>
  Math.ceil(Number(((milliseconds / budget) * bins).toPrecision(12)));

/** Counts the states that were filled, and holds the ways by width and bin, the best of them first. */
class Layer {
  readonly ways = new Map<number, Map<number, Way[]>>();
  readonly #keep: number;

  constructor(keep: number) {
    this.#keep = keep;
  }

  add(width: number, bin: number, way: Way): void {
    const byBin = this.ways.get(width) ?? new Map<number, Way[]>();
    this.ways.set(width, byBin);
    const list = byBin.get(bin) ?? [];
    byBin.set(bin, list);
    // equal gains stay in the order in which they came: the result does not depend on anything else
    const place = list.findIndex(({ gain }) => gain < way.gain);
    list.splice(place === -1 ? list.length : place, 0, way);
    if (list.length > this.#keep) list.pop();
  }

  get states(): number {
    let count = 0;
    for (const byBin of this.ways.values()) count += byBin.size;
    return count;
  }
}

/**
 * The `count` best combinations of choices within the budget, by falling gain.
 *
 * @returns them, and how many states the table held
 * @throws InfeasibleError if there is none
 */
export function selectBest(selection: Selection, count: number): { found: Selected[]; states: number } {
  const { choices, entering, bins } = selection;
  let layer: Layer | null = null;
  let states = 0;
  choices.forEach((options, position) => {
    const next = new Layer(count);
    const from = layer?.ways ?? new Map([[entering, new Map<number, (Way | null)[]>([[0, [null]]])]]);
    for (const [width, byBin] of from)
      for (const { choice, gain } of options) {
        const cost = binsOf(selection, selection.latency(position, width, choice));
        for (const [bin, ways] of byBin) {
          if (bin + cost > bins) continue;
          for (const before of ways)
            next.add(choice.out, bin + cost, { gain: (before?.gain ?? 0) + gain, choice, before });
        }
      }
    layer = next;
    states += next.states;
  });
  const found: Selected[] = [];
  for (const [width, byBin] of (layer as Layer | null)?.ways ?? []) {
    const rest = binsOf(selection, selection.rest(width));
    for (const [bin, ways] of byBin)
      if (bin + rest <= bins) for (const way of ways) found.push({ choices: choicesOf(way), gain: way.gain, bins: bin + rest });
  }
  if (found.length === 0)
    throw new InfeasibleError(
      `no network of the space keeps ${selection.budget} ms per image; raise search.milliseconds or allow narrower blocks in space.widthFactors`,
    );
  found.sort((a, b) => b.gain - a.gain || a.bins - b.bins);
  return { found: found.slice(0, count), states };
}

const choicesOf = (way: Way): Choice[] => [...(way.before === null ? [] : choicesOf(way.before)), way.choice];
