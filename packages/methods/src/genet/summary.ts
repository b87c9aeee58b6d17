import { type GenetSummary, type LatencyTable, printStructure, type SuperBlock } from '@crucible/contracts';
import { predictLatency } from '../latency/predict.ts';
import { countStructure } from '../nn/structure/count.ts';
import { depthOf } from '../nn/structure/expand.ts';
import type { Job, Verified } from './run-state.ts';

/** What a task found out, beside the structure itself. */
export interface Findings {
  table?: LatencyTable;
  trained?: Verified | null;
  predictedGain?: number;
  scaledAccuracy?: number | null;
  gainKendall?: number | null;
}

/** The summary of a job about a structure. */
export function summaryOf(
  { config, data, state }: Job,
  blocks: readonly SuperBlock[],
  { table, trained = null, predictedGain, scaledAccuracy, gainKendall }: Findings,
): GenetSummary {
  const image = { resolution: data.dataset.height, classes: data.dataset.classes };
  const { params, flops } = countStructure(blocks, { counter: 'exact', ...image });
  return {
    task: config.task,
    structure: printStructure(blocks),
    params,
    flops,
    depth: depthOf(blocks),
    predictedMs: table === undefined ? null : predictLatency(table, blocks, image),
    unitsMeasured: table?.units.length ?? null,
    latencyError: table?.error ?? null,
    fastestKinds: table?.stages.map(({ fastest }) => fastest) ?? null,
    validationAccuracy: trained?.validationAccuracy ?? null,
    testAccuracy: trained?.testAccuracy ?? null,
    predictedGain: predictedGain ?? null,
    scaledAccuracy: scaledAccuracy ?? null,
    gainKendall: gainKendall ?? null,
    rankTrend: state.rankTrend,
  };
}
