import path from 'node:path';

/** Failures of a test or suite that only repeat that something inside it failed. */
const REPEATS = 'subtestsFailed';

/**
 * What one event of Node's test runner says about the count of tests.
 *
 * Suites are not tests; a parent that failed only because a child did is not counted again. The runner reports a file
 * that holds no test as a test that passed: here that is a failure, since nothing was tested.
 *
 * @param {{ type: string, data: object }} event
 * @returns {'passed' | 'failed' | 'skipped' | null} null: nothing to count
 */
export function outcomeOf({ type, data }) {
  if (type !== 'test:pass' && type !== 'test:fail') return null;
  if (data.skip !== undefined || data.todo !== undefined) return 'skipped';
  const isSuite = data.details.type === 'suite';
  if (type === 'test:pass') return isSuite ? null : isFile(data) ? 'failed' : 'passed';
  return data.details.error?.failureType === REPEATS ? null : 'failed';
}

/** True for the runner's own entry for a whole file. */
export const isFile = ({ name, file, nesting }) => nesting === 0 && file !== undefined && path.resolve(name) === file;
