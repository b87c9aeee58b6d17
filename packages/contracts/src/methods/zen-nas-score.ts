import { type Static, Type } from 'typebox';
import { MAX_STRUCTURE_LENGTH } from '../architecture.ts';
import type { Fault } from '../errors.ts';
import { structureStringFaults } from '../structure/check.ts';

/** Figures of a network without training it, section 4.2 and table 3 of arXiv:2102.01063. */
export const PROXY_NAMES = [
  'zen',
  'phi',
  'naswot',
  'grad-norm',
  'synflow',
  'te-nas',
  'ntk-condition',
  'linear-regions',
  'flops',
  'params',
  'random',
] as const;
export type ProxyName = (typeof PROXY_NAMES)[number];

/** How one candidate is scored. */
export const ZenNasScore = Type.Object(
  {
    proxy: Type.Enum([...PROXY_NAMES], {
      default: 'zen',
      description:
        'what drives the search, larger is better: the Zen-score or one of the proxies that the paper compares with it; mode and alpha are of the Zen-score (alpha of phi, too)',
    }),
    mode: Type.Enum(['paper', 'paper_fro', 'repo'], {
      default: 'paper',
      description:
        'paper: L1 difference and batch variance (Table 5); paper_fro: Frobenius difference (Algorithm 1); repo: the scale of the released code',
    }),
    alpha: Type.Number({ exclusiveMinimum: 0, maximum: 1, default: 0.01, description: 'size of the input change' }),
    batchSize: Type.Integer({ minimum: 2, maximum: 256, default: 16, description: 'Gaussian images per draw' }),
    repeats: Type.Integer({
      minimum: 1,
      maximum: 1024,
      default: 1,
      description: 'draws per candidate in the search',
    }),
  },
  { additionalProperties: false, default: {} },
);

/** What task `score` is asked. It reads no data. */
export const ZenNasScoring = Type.Object(
  {
    structures: Type.Array(Type.String({ minLength: 1, maxLength: MAX_STRUCTURE_LENGTH }), {
      maxItems: 256,
      default: [],
      description: 'structure strings to score',
    }),
    proxies: Type.Array(Type.Enum([...PROXY_NAMES]), {
      minItems: 1,
      maxItems: PROXY_NAMES.length,
      default: ['zen'],
      description: 'figures to give of each; the first one ranks them',
    }),
    repeats: Type.Integer({ minimum: 1, maximum: 1024, default: 16, description: 'draws of each figure' }),
    resolution: Type.Integer({ minimum: 8, maximum: 512, default: 32, description: 'pixels of the input' }),
    classes: Type.Integer({ minimum: 2, maximum: 21_841, default: 10, description: 'of the head, which is counted' }),
  },
  { additionalProperties: false, default: {} },
);
export type ZenNasScoring = Static<typeof ZenNasScoring>;

/** What the schema cannot say. */
export function scoringFaults(task: 'search' | 'score', { structures, proxies }: ZenNasScoring): Fault[] {
  const faults = structures.flatMap((structure, i) =>
    structureStringFaults(structure).map((message) => ({ pointer: `/scoring/structures/${i}`, message })),
  );
  proxies.forEach((proxy, i) => {
    if (proxies.indexOf(proxy) !== i)
      faults.push({ pointer: `/scoring/proxies/${i}`, message: `names ${proxy} a second time` });
  });
  if (task === 'score' && structures.length === 0)
    faults.push({ pointer: '/scoring/structures', message: 'must name at least one structure for task score' });
  if (task === 'search' && structures.length > 0)
    faults.push({ pointer: '/scoring/structures', message: 'belongs to task score' });
  return faults;
}
