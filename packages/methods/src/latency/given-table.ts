import { faultsOf, LatencyTable, type Reference } from '@crucible/contracts';
import { DataError, type MethodContext } from '../method.ts';

/**
 * The latency table that a config refers to. It predicts for the device that it was measured on, wherever the job runs.
 *
 * @throws DataError if the bytes are none
 */
export async function givenTable(ctx: MethodContext, reference: Reference): Promise<LatencyTable> {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(await ctx.input(reference)));
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw new DataError('The latency table is no JSON; name the latency-table.json of a job.', { cause });
  }
  const [fault] = faultsOf(LatencyTable, value);
  if (fault !== undefined)
    throw new DataError(`The latency table does not fit its format: ${fault.pointer} ${fault.message}.`);
  return value as LatencyTable;
}
