import { printStructure } from '@crucible/contracts';
import { kendallTau } from '../statistics/rank-correlation.ts';
import type { Variant } from './distil-phase.ts';
import type { Verified } from './run-state.ts';
import type { Nominations, Nominee } from './select-phase.ts';
import { type Position, typeName } from './space.ts';

/** The distilled variants as CSV with a header line; `change` is against the trained master. */
export function variantsCsv(
  positions: readonly Position[],
  variants: readonly Variant[],
  accuracies: readonly number[],
  masterAccuracy: number,
): string {
  const rows = variants.map(({ position, choice }, i) => {
    const accuracy = accuracies[i] as number;
    const block = (positions[position]?.at ?? 0) + 1;
    return [block, typeName(choice.type), choice.layers, choice.out, accuracy, accuracy - masterAccuracy].join(',');
  });
  return `${['block,type,layers,out,accuracy,change', ...rows].join('\n')}\n`;
}

/** The linear models, with the block that each is about. */
export const coefficientsJson = (positions: readonly Position[], { models }: Nominations, ridge: number): string =>
  json({
    ridge,
    columns: ['intercept', 'relative depth', 'relative width'],
    models: models.map(({ position, ...model }) => ({ block: (positions[position]?.at ?? 0) + 1, ...model })),
  });

/** A nominee with what it did; true gain is against the master, trained from scratch as long. */
const row = (
  { role, blocks, predictedGain, predictedMs }: Nominee,
  verified: Verified | undefined,
  master: number | null,
) => {
  const accuracy = verified?.validationAccuracy ?? null;
  return {
    role,
    structure: printStructure(blocks),
    predictedMs,
    predictedGain,
    trueGain: accuracy === null || master === null ? null : accuracy - master,
    validationAccuracy: accuracy,
    testAccuracy: verified?.testAccuracy ?? null,
  };
};

/** The networks that were chosen, and what they did. */
export function selectionJson(
  { nominees, budgetMs, masterMs, states }: Nominations,
  verified: readonly Verified[],
): string {
  const atMaster = nominees.findIndex(({ role }) => role === 'master');
  const master = verified[atMaster]?.validationAccuracy ?? null;
  return json({
    budgetMs,
    masterMs,
    states,
    gainKendall: gainKendall(nominees, verified),
    networks: nominees.map((nominee, i) => row(nominee, verified[i], master)),
  });
}

/** Kendall's tau of predicted gain and accuracy, over the selected and the random networks; null if undefined. */
export function gainKendall(nominees: readonly Nominee[], verified: readonly Verified[]): number | null {
  const judged = nominees.flatMap(({ role, predictedGain }, i) =>
    role === 'selected' || role === 'random'
      ? [{ predictedGain, accuracy: verified[i]?.validationAccuracy ?? Number.NaN }]
      : [],
  );
  return kendallTau(
    judged.map(({ predictedGain }) => predictedGain),
    judged.map(({ accuracy }) => accuracy),
  );
}

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
