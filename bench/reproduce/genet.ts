/**
 * @file GENet at small scale on Fashion-MNIST: which kind of block is slow per multiply-accumulate, what the order of
 * kinds is worth at equal latency, how ranks of kernels go over the depth, and what LLR-NAS finds. The paper measures on
 * GPUs and trains on ImageNet, so of its figures none stands beside ours.
 */
import type { GenetSummary, LatencyTable, StageKinds } from '@crucible/contracts';
import type { ProtocolJob } from './pool/job-pool.ts';
import { effectText, isAbove, isBelow, pairedDifference, pairedRatio, short } from './pool/paired-effect.ts';
import { reproduce } from './pool/reproduce.ts';

const SEEDS = [1, 2, 3];
const PLACEMENT_SEEDS = [1, 2, 3, 4];
const HELD_OUT = 2000;
const dataset = { name: 'fashion-mnist', trainSamples: 5000 };
const training = { epochs: 3, batchSize: 32, validationSamples: HELD_OUT, loader: { threads: 0 } };
/** Short passes: on a machine that is shared, some of them go undisturbed. */
const protocol = { batch: 8, warmup: 3, repeats: 10, rounds: 6 };
const space = { widthFactors: [0.5, 1.5] };

const stem = 'ConvKX(1,16,3,1)BN(16)RELU(16)';
const head = (width: number): string => `ConvKX(${width},192,1,1)BN(192)RELU(192)`;
/** Full convolutions where the resolution is high, depth-wise ones where it is low: the paper's rule. */
const BY_RULE = `${stem}SuperResKXKX(16,32,3,2,1,1)SuperResK1DWK1(32,96,3,2,3,2)${head(96)}`;
/** The reverse, in several widths: one of them takes as long. */
const REVERSED = [
  [16, 40],
  [16, 56],
  [24, 64],
  [24, 80],
  [32, 80],
  [32, 96],
  [40, 96],
  [40, 112],
  [48, 128],
].map(
  ([low, high]) => `${stem}SuperResK1DWK1(16,${low},3,2,3,1)SuperResKXKX(${low},${high},3,2,1,2)${head(high ?? 0)}`,
);

const WIDTHS = [32, 64, 128];
/** XX-blocks of three widths at 28, 14 and 7 pixels: places at which all kinds are compared at equal work. */
const SHAPES = `${stem}${[0, 1, 2]
  .flatMap((stage) =>
    WIDTHS.map((width, i) => {
      const before = WIDTHS[i - 1] ?? (stage === 0 ? 16 : 128);
      return `SuperResKXKX(${before},${width},3,${i === 0 && stage > 0 ? 2 : 1},1,1)`;
    }),
  )
  .join('')}`;

const profiles: readonly ProtocolJob[] = [
  {
    name: 'latencies of the space',
    seed: 1,
    config: {
      task: 'profile',
      dataset,
      space,
      latency: { ...protocol, networks: 15, structures: [BY_RULE, ...REVERSED] },
    },
  },
  {
    name: 'kinds at equal work',
    seed: 1,
    config: {
      task: 'profile',
      dataset,
      structure: SHAPES,
      space: { ...space, changeKind: false, widthFactors: [] },
      latency: { ...protocol, networks: 0 },
    },
  },
];

const points = (share: number): string => `${short(100 * share)} points`;
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Picoseconds per multiply-accumulate of a kind at each place. */
const perMac = (stages: readonly StageKinds[], kind: 'xx' | 'bl' | 'dw'): number[] =>
  stages.map(({ kinds }) => kinds.find((row) => row.kind === kind)?.picosecondsPerMac ?? Number.NaN);

interface Selection {
  budgetMs: number;
  networks: { role: string; trueGain: number; predictedGain: number; predictedMs: number; testAccuracy: number }[];
}

await reproduce('genet', async (pool) => {
  // one after the other: two at once would measure one another
  const tables: LatencyTable[] = [];
  for (const profile of profiles) {
    const [finished] = await pool.run([profile]);
    tables.push(JSON.parse((await finished?.text('latency-table.json')) ?? 'null') as LatencyTable);
  }
  const [table, equalWork] = tables as [LatencyTable, LatencyTable];
  const [profile] = await pool.run(profiles.slice(0, 1));
  const latencyOf = new Map(
    table.networks.map(({ ms }, i) => [i === 0 ? 'master' : [BY_RULE, ...REVERSED][i - 1], ms]),
  );
  const ruleMs = latencyOf.get(BY_RULE) ?? Number.NaN;
  const offBy = (structure: string): number => Math.abs(Math.log((latencyOf.get(structure) ?? Number.NaN) / ruleMs));
  const reversed = REVERSED.toSorted((a, b) => offBy(a) - offBy(b))[0] as string;

  const trainJob = (name: string, structure: string) => (seed: number) => ({
    name: `${name}, seed ${seed}`,
    seed,
    config: { task: 'train', dataset, structure, training: { ...training, testEveryEpochs: training.epochs } },
  });
  const searches = SEEDS.map((seed) => ({
    name: `search, seed ${seed}`,
    seed,
    config: {
      dataset,
      space,
      training,
      latency: { table: { fromJob: profile?.job.id, artifact: 'latency-table.json' } },
      search: { masterEpochs: 2, samplesPerBlock: 9, topM: 2, randomNetworks: 4 },
    },
  }));
  const all = await pool.run<GenetSummary>([
    ...searches,
    ...PLACEMENT_SEEDS.map(trainJob('by the rule', BY_RULE)),
    ...PLACEMENT_SEEDS.map(trainJob('reversed', reversed)),
  ]);
  const found = all.slice(0, SEEDS.length);
  const placed = all.slice(SEEDS.length).map(({ summary }) => summary.testAccuracy ?? Number.NaN);
  const selections = await Promise.all(
    found.map(async (job) => JSON.parse(await job.text('selection.json')) as Selection),
  );
  const winners = found.map(({ summary }) => summary.testAccuracy ?? Number.NaN);
  const scaled = selections.map(
    ({ networks }) => networks.find(({ role }) => role === 'scaled')?.testAccuracy ?? Number.NaN,
  );

  const { stages } = equalWork;
  const slowness = pairedRatio('time per multiply-accumulate, DW over XX', perMac(stages, 'dw'), perMac(stages, 'xx'));
  const overBl = pairedRatio('time per multiply-accumulate, DW over BL', perMac(stages, 'dw'), perMac(stages, 'bl'));
  const placement = pairedDifference(
    'test accuracy, XX low and DW high less the reverse',
    placed.slice(0, PLACEMENT_SEEDS.length),
    placed.slice(PLACEMENT_SEEDS.length),
  );
  const trend = pairedDifference(
    'rank correlation of place and entropy rank, control subtracted',
    found.map(({ summary }) => summary.rankTrend ?? Number.NaN),
    SEEDS.map(() => 0),
  );
  const agreement = pairedDifference(
    "Kendall's tau of predicted and true gain",
    found.map(({ summary }) => summary.gainKendall ?? 0),
    SEEDS.map(() => 0),
  );
  const gain = pairedDifference('test accuracy, selected less uniformly narrowed', winners, scaled);
  const within = selections.every(({ budgetMs, networks }) =>
    networks.every(({ role, predictedMs }) => role !== 'selected' || predictedMs <= budgetMs),
  );
  const { meanAbsolutePercentage, kendall, spearman, networks } = table.error;
  const slowest = stages.filter(({ kinds }) => {
    const times = kinds.map(({ picosecondsPerMac }) => picosecondsPerMac);
    return kinds.find(({ kind }) => kind === 'dw')?.picosecondsPerMac === Math.max(...times);
  }).length;
  return {
    effect: gain,
    claims: [
      {
        claim: 'FLOPs do not predict latency: at equal work DW takes longer than XX, interval over nine shapes above 1',
        paper: null,
        ours: `DW / XX ${effectText(slowness)}`,
        holds: isAbove(slowness, 1),
      },
      {
        claim: 'at equal work DW is the slowest of the three kinds',
        paper: null,
        ours: `at ${slowest} of ${stages.length} shapes; DW / BL ${effectText(overBl)}`,
        holds: null,
      },
      {
        claim: 'a table of units predicts whole networks: Kendall of at least 0.8 on held-out ones',
        paper: null,
        ours: `${short(kendall ?? 0)}, Spearman ${short(spearman ?? 0)}, error ${short(meanAbsolutePercentage ?? 0)} % of ${networks}`,
        holds: (kendall ?? 0) >= 0.8,
      },
      {
        claim: 'at equal latency XX low and DW high is more accurate than the reverse: interval above 0',
        paper: null,
        ours: `${points(placement.mean)}, ${effectText(placement)}; latencies ${short(Math.exp(-offBy(reversed)))} : 1`,
        holds: isAbove(placement, 0),
      },
      {
        claim: 'the ranks of full kernels fall over the depth, those of random matrices subtracted: interval below 0',
        paper: null,
        ours: effectText(trend),
        holds: isBelow(trend, 0),
      },
      {
        claim: 'predicted and true gains of the selected and of random networks agree: mean tau above 0, interval too',
        paper: null,
        ours: effectText(agreement),
        holds: isAbove(agreement, 0),
      },
      {
        claim: 'the selected network beats the uniformly narrowed one of the same latency: interval above 0',
        paper: null,
        ours: `${points(gain.mean)}, ${effectText(gain)}`,
        holds: isAbove(gain, 0),
      },
      {
        claim: 'what is selected keeps the budget of 0.8 of the master',
        paper: null,
        ours: within ? 'at every seed' : 'not always',
        holds: within,
      },
    ],
    more: {
      engine: table.engine,
      latencyError: table.error,
      stages: stages.map(({ resolution, width, kinds }) => ({
        resolution,
        width,
        picosecondsPerMac: Object.fromEntries(
          kinds.map(({ kind, picosecondsPerMac }) => [kind, short(picosecondsPerMac)]),
        ),
      })),
      placementPair: { byRule: BY_RULE, reversed, milliseconds: [ruleMs, latencyOf.get(reversed)] },
      found: found.map(({ summary }) => summary.structure),
      meanAccuracy: { selected: mean(winners), scaled: mean(scaled) },
    },
  };
});
