import type { ProxyName } from '@crucible/contracts';
import { countStructure } from '../../nn/structure/count.ts';
import type { ScoreMode } from '../score.ts';
import { zenScore } from '../score.ts';
import { type NormalSource, streamSource } from '../score-source.ts';
import { gradNorm } from './grad-norm.ts';
import { naswot } from './naswot.ts';
import { phi } from './phi.ts';
import type { ProxyInput } from './proxy-input.ts';
import { synflow } from './synflow.ts';
import { linearRegions, tangentKernelCondition, teNas } from './te-nas.ts';

/** What the Zen- and Phi-score need beside the rest. */
export interface ProxyOptions extends ProxyInput {
  mode: ScoreMode;
  /** size of the input change */
  alpha: number;
  /** of the Zen-score. @defaultValue those of `rng` */
  images?: NormalSource['images'];
}

/** A figure of a structure without training it; larger is better. Non-finite for a network that it cannot judge. */
export type Proxy = (input: ProxyOptions) => Promise<number>;

const costOf = ({ blocks, resolution, classes }: ProxyInput) =>
  countStructure(blocks, { counter: 'repo', resolution, classes, residuals: false });

const zen: Proxy = async ({ blocks, rng, images, ...options }) =>
  (await zenScore(blocks, options, streamSource(rng, images))).score;

/** Every proxy that arXiv:2102.01063 compares, by name; costs are those of the network without links, as there. */
export const PROXIES = {
  zen,
  phi,
  naswot,
  'grad-norm': gradNorm,
  synflow,
  'te-nas': teNas,
  'ntk-condition': tangentKernelCondition,
  'linear-regions': linearRegions,
  flops: async (input) => costOf(input).flops,
  params: async (input) => costOf(input).params,
  random: async ({ rng }) => rng('random').normal(),
} as const satisfies Record<ProxyName, Proxy>;
