/**
 * @file Two-stage label smoothing at small scale: a multi-layer perceptron on 3,000 images of Fashion-MNIST, drawn anew
 * for every seed, 30 epochs, learning rate down by ten at epochs 10 and 20. The paper's tables are of ResNets on larger
 * sets, so there is no figure of it to stand beside ours.
 */
import type { LabelSmoothingSummary } from '@crucible/contracts';
import { effectText, isAbove, pairedDifference, short, wins } from './pool/paired-effect.ts';
import { reproduce } from './pool/reproduce.ts';
import { runGrid } from './pool/seed-grid.ts';

const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8];
const SAMPLES = 3000;
const EPOCHS = 30;

const shared = {
  dataset: { name: 'fashion-mnist', trainSamples: SAMPLES },
  smoothing: 0.4,
  training: { epochs: EPOCHS, testEveryEpochs: EPOCHS, loader: { threads: 0 } },
};
const noisy = { ...shared, labelNoise: 0.2, deltaProbe: null };
// all samples, so that the loss of the probe is that of the whole training set
const clean = { ...shared, deltaProbe: { everyEpochs: EPOCHS, samples: SAMPLES } };
const tsla = (switchEpoch: number) => ({ mode: 'tsla', switchEpoch });

const CONDITIONS = {
  'noise, none': { ...noisy, mode: 'none' },
  'noise, lsr': { ...noisy, mode: 'lsr' },
  'noise, tsla 15': { ...noisy, ...tsla(15) },
  'noise, tsla 20': { ...noisy, ...tsla(20) },
  'clean, none': { ...clean, mode: 'none' },
  'clean, lsr': { ...clean, mode: 'lsr' },
  'clean, tsla 15': { ...clean, ...tsla(15) },
  'clean, tsla 20': { ...clean, ...tsla(20) },
};
type Condition = keyof typeof CONDITIONS;

await reproduce('label-smoothing', async (pool) => {
  const jobs = await runGrid<LabelSmoothingSummary, Condition>(pool, CONDITIONS, SEEDS);
  const of = (condition: Condition, figure: (summary: LabelSmoothingSummary) => number | null): number[] =>
    jobs[condition].map(({ summary }) => figure(summary) ?? Number.NaN);
  const points = (condition: Condition) => of(condition, ({ testAccuracy }) => 100 * testAccuracy);
  const gain = (condition: Condition, control: Condition) => {
    const effect = pairedDifference(`${condition} over ${control}, points`, points(condition), points(control));
    return { effect, won: wins(points(condition), points(control)) };
  };
  const atLeast = ({ effect, won }: ReturnType<typeof gain>, bound: number): boolean =>
    effect.mean >= bound && isAbove(effect, 0) && won === SEEDS.length;
  const text = ({ effect, won }: ReturnType<typeof gain>) => `${effectText(effect)}, ${won} of ${SEEDS.length} seeds`;

  const overLsr = gain('noise, tsla 20', 'noise, lsr');
  const overNone = gain('noise, tsla 20', 'noise, none');
  const finalLoss = (condition: Condition) => of(condition, ({ probeLoss }) => probeLoss);
  const share = finalLoss('clean, tsla 15').map((loss, i) => loss / (finalLoss('clean, lsr')[i] ?? Number.NaN));
  const testLoss = (condition: Condition) => of(condition, (summary) => summary.testLoss);
  const [noneLoss, lsrLoss] = [testLoss('clean, none'), testLoss('clean, lsr')];
  const lower = testLoss('clean, tsla 15').map((loss, i) => Math.min(noneLoss[i] ?? 0, lsrLoss[i] ?? 0) - loss);
  const [start, end] = [of('clean, none', (s) => s.deltaAtStart), of('clean, none', (s) => s.deltaAtEnd)];
  return {
    effect: overLsr.effect,
    claims: [
      {
        claim: '20 % label noise: TSLA(20) beats constant smoothing by at least 0.5 points, at every seed',
        paper: null,
        ours: text(overLsr),
        holds: atLeast(overLsr, 0.5),
      },
      {
        claim: '20 % label noise: TSLA(20) beats hard labels by at least 1.5 points, at every seed',
        paper: null,
        ours: text(overNone),
        holds: atLeast(overNone, 1.5),
      },
      {
        claim: 'clean: TSLA(15) ends with at most half of the hard training loss of constant smoothing, at every seed',
        paper: null,
        ours: `at most ${short(Math.max(...share))} of it`,
        holds: share.every((s) => s <= 0.5),
      },
      {
        claim: 'clean: the test loss of TSLA(15) is lower than both others by at least 0.05, at every seed',
        paper: null,
        ours: `lower by at least ${short(Math.min(...lower))}`,
        holds: lower.every((difference) => difference >= 0.05),
      },
      {
        claim: 'hard labels: delta is below 0.2 before training and above 5 after it, at every seed',
        paper: null,
        ours: `at most ${short(Math.max(...start))}, then at least ${short(Math.min(...end))}`,
        holds: start.every((delta) => delta < 0.2) && end.every((delta) => delta > 5),
      },
      {
        claim: 'clean: TSLA(20) over hard labels, a difference that this scale may not resolve',
        paper: null,
        ours: text(gain('clean, tsla 20', 'clean, none')),
        holds: null,
      },
    ],
    more: {
      points: Object.fromEntries((Object.keys(CONDITIONS) as Condition[]).map((name) => [name, points(name)])),
    },
  };
});
