import { runBenchFile } from '../lib/bench-file.mjs';

/**
 * `bench NAME`: runs `bench/NAME`.
 *
 * @param {string[]} args
 */
export const bench = (args) => runBenchFile('bench', args, 'bench NAME');
