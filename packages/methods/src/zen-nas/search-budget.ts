import type { ZenNasConfig } from '@crucible/contracts';
import { parseLatencyTable } from '../latency/parse-latency-table.ts';
import { predictLatency } from '../latency/predict.ts';
import type { MethodContext } from '../method.ts';
import type { Budget } from './budget.ts';
import type { CountedImage } from './candidate-cost.ts';

/**
 * The budget of a config, with the latencies of the table that it names. The table is of the device that the network is
 * for, which need not be the one that searches.
 *
 * @throws DataError if the bytes of the table are none
 */
export async function searchBudget(
  { budget }: Pick<ZenNasConfig, 'budget'>,
  ctx: Pick<MethodContext, 'input'>,
  { resolution, classes }: CountedImage,
): Promise<Budget> {
  const { latencyMs, latencyTable, ...limits } = budget;
  if (latencyTable === null) return { ...limits, latency: null };
  const table = parseLatencyTable(await ctx.input(latencyTable));
  const of: NonNullable<Budget['latency']>['of'] = (blocks) => predictLatency(table, blocks, { resolution, classes });
  return { ...limits, latency: { limitMs: latencyMs, of } };
}
