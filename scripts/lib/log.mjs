const seconds = (ms) => (ms / 1000).toFixed(1);

/**
 * One progress line, led by the seconds since the launcher started. The form is the same on a terminal and in a log.
 *
 * @param {...unknown} parts joined by blanks
 */
export function log(...parts) {
  console.log(`[${seconds(performance.now()).padStart(6)}s]`, ...parts);
}

/**
 * Runs one named step, with a line before it and one after it.
 *
 * @template T
 * @param {string} name what is being done, in the infinitive
 * @param {() => Promise<T>} action the step
 * @returns {Promise<T>} what `action` returns; its error goes on unchanged
 */
export async function step(name, action) {
  const start = performance.now();
  log(`${name} ...`);
  const result = await action();
  log(`${name}: done in ${seconds(performance.now() - start)} s`);
  return result;
}
