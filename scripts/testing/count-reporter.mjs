import { outcomeOf } from './outcome.mjs';

/**
 * Reporter for Node's test runner: the counts, as one JSON object.
 *
 * @param {AsyncIterable<{ type: string, data: object }>} events
 */
export default async function* countReporter(events) {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for await (const event of events) {
    const outcome = outcomeOf(event);
    if (outcome !== null) counts[outcome] += 1;
  }
  yield JSON.stringify(counts);
}
