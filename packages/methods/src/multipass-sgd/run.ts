/**
 * @file One pass of SGD against many over the same samples, after "Why Does Multi-Epoch Training Help?"
 * (arXiv:2105.06015): a table of tuned risks over numbers of samples and passes, with comparators, bounds and the PL ratio.
 *
 * Differs from the paper: rates and constants of its theorems are not used; the bounds that are checked are proved in
 * docs/methods/multipass-sgd.md.
 */
import type { MultipassSgdConfig, MultipassSgdSummary } from '@crucible/contracts';
import type { Method } from '../method.ts';
import { runNet } from './run-net.ts';
import { runSynthetic } from './run-synthetic.ts';

export const multipassSgd: Method<MultipassSgdConfig, MultipassSgdSummary> = {
  id: 'multipass-sgd',
  run: async (config, ctx) => {
    const { problem } = config;
    return problem.kind === 'net' ? runNet(config, problem, ctx) : runSynthetic(config, problem, ctx);
  },
};
