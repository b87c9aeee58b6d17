import { faultsOf, LatencyTable } from '@crucible/contracts';
import { DataError } from '../method.ts';

/** The table in the bytes of `latency-table.json`. @throws DataError if they are none */
export function parseLatencyTable(bytes: Uint8Array): LatencyTable {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw new DataError('The latency table is no JSON.', { cause });
  }
  const [fault] = faultsOf(LatencyTable, value);
  if (fault !== undefined)
    throw new DataError(`The latency table does not fit its format: ${fault.pointer} ${fault.message}.`);
  return value as LatencyTable;
}
