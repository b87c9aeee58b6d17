import assert from 'node:assert/strict';
import { it } from 'node:test';
import { METHODS, type MultipassSgdSummary, resolveConfig } from '@crucible/contracts';
import { createFakeContext } from '../testing/fake-context.ts';
import { syntheticDataset } from '../testing/synthetic-dataset.ts';
import { multipassSgd } from './run.ts';

const DATASET = syntheticDataset({ resolution: 2, channels: 1, classes: 2, trainCount: 2, testCount: 2 });

const runJob = (config: object): Promise<MultipassSgdSummary> =>
  multipassSgd.run(
    resolveConfig('multipass-sgd', { comparators: [], plProbes: 0, ...config }) as never,
    createFakeContext({ descriptor: METHODS['multipass-sgd'], dataset: DATASET, seed: 1 }),
  );
const riskAt = ({ cells }: MultipassSgdSummary, n: number, k: number): number =>
  cells.find(({ sampleSize, passes }) => sampleSize === n && passes === k)?.mean ?? Number.NaN;

it('comes within a tenth of the minimiser of the empirical risk after 32 passes', async () => {
  const summary = await runJob({ sampleSizes: [200], passes: [32], comparators: ['erm'], seeds: 5 });
  const [erm] = summary.erm;
  assert.ok(erm !== undefined && riskAt(summary, 200, 32) < 1.1 * erm.mean);
});

it('falls with every doubling of the passes where there is no noise', async () => {
  const problem = { kind: 'glm', linkAmplitude: 0.5, noise: 0 };
  const summary = await runJob({ problem, sampleSizes: [100], passes: [2, 4, 8, 16], seeds: 5 });
  const risks = [1, 2, 4, 8, 16].map((k) => riskAt(summary, 100, k));
  for (let i = 1; i < risks.length; i++) assert.ok((risks[i] as number) < (risks[i - 1] as number), String(risks));
});

it('gains nothing where the noise leaves nothing to learn: the minimiser is worse than the start', async () => {
  const problem = { kind: 'glm', linkAmplitude: 0.5, noise: 2 };
  const summary = await runJob({ problem, sampleSizes: [30], passes: [32, 128], comparators: ['erm'] });
  assert.ok((summary.erm[0]?.mean ?? 0) > (summary.startRisk ?? Number.NaN));
  assert.ok(riskAt(summary, 30, 128) > riskAt(summary, 30, 1));
});
