import type { Dataset } from '../data/dataset.ts';
import { DataError } from '../method.ts';
import type { SearchState } from './search.ts';

interface SearchFile {
  /** hash of the data whose images gave resolution, channels and classes */
  dataset: string;
  search: SearchState;
}

/** A search as it is, with all digits of its numbers: what goes on from it goes on as if it had never stopped. */
export const searchJson = (search: SearchState, dataset: Dataset): string =>
  `${JSON.stringify({ dataset: dataset.sha256, search } satisfies SearchFile)}\n`;

/**
 * The search that another job has left, from bytes that have been checked against the hash of what it stored.
 *
 * @throws DataError if it was made with other data
 */
export function readSearch(bytes: Uint8Array, dataset: Dataset): SearchState {
  const file = JSON.parse(new TextDecoder().decode(bytes)) as SearchFile;
  if (file.dataset !== dataset.sha256)
    throw new DataError(
      `The dataset here has the hash ${dataset.sha256}, the search that goes on was made with ${file.dataset}; give every worker of the pool the same files.`,
    );
  return file.search;
}
