import { runBenchFile } from '../lib/bench-file.mjs';

/**
 * `reproduce METHOD`: runs `bench/reproduce/METHOD`.
 *
 * @param {string[]} args
 */
export const reproduce = (args) => runBenchFile('bench/reproduce', args, 'reproduce METHOD');
