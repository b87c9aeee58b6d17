import path from 'node:path';
import { inspect } from 'node:util';
import { isFile, outcomeOf } from './outcome.mjs';

const SIGNS = { passed: 'ok  ', failed: 'FAIL', skipped: 'skip' };
const indented = (text, by) => text.replace(/^/gm, ' '.repeat(by));

/** What went wrong, with the place where it did. */
function explain(data) {
  if (data.details.error === undefined) return 'the file holds no test';
  const { error } = data.details;
  const cause = error.cause ?? error;
  return cause instanceof Error ? (cause.stack ?? cause.message) : inspect(cause);
}

/**
 * Reporter for Node's test runner: a heading per file, a line per test, and every failure once more at the end, where
 * it is found without scrolling.
 *
 * @param {AsyncIterable<{ type: string, data: object }>} events
 */
export default async function* textReporter(events) {
  const names = []; // of the tests and suites around the current one
  const failures = [];
  let file = null;
  for await (const event of events) {
    const { type, data } = event;
    const outcome = outcomeOf(event);
    const isOutput = type === 'test:stdout' || type === 'test:stderr';
    if (type === 'test:start') names.splice(data.nesting, Number.POSITIVE_INFINITY, data.name);
    if (outcome === null && !isOutput) continue;
    if (data.file !== undefined && data.file !== file) {
      file = data.file;
      yield `${path.relative(process.cwd(), file)}\n`;
    }
    if (isOutput) yield `${indented(data.message.trimEnd(), 6)}\n`;
    if (outcome === null) continue;
    const title = isFile(data) ? '(whole file)' : [...names.slice(0, data.nesting), data.name].join(' > ');
    const reason = typeof data.skip === 'string' ? ` (${data.skip})` : '';
    yield `  ${SIGNS[outcome]} ${title}${reason} [${Math.round(data.details.duration_ms)} ms]\n`;
    if (outcome !== 'failed') continue;
    const explanation = explain(data);
    failures.push(`${path.relative(process.cwd(), file ?? '')}: ${title}\n${indented(explanation, 4)}\n`);
    yield `${indented(explanation, 6)}\n`;
  }
  if (failures.length > 0) yield `\nfailures:\n\n${failures.join('\n')}`;
}
