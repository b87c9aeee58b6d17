import type { TinyConfig } from '../testing/conformance.ts';

const problem = { dimension: 3, conditionNumber: 4, noise: 0.3 };

/** One job of each kind of problem, with every order, schedule and comparator between them. */
export const tinyMultipassSgd: readonly TinyConfig[] = [
  {
    name: 'generalised linear model',
    phases: ['sgd', 'erm'],
    config: {
      problem: { kind: 'glm', ...problem },
      sampleSizes: [6, 10, 20],
      passes: [2, 3],
      stepSizes: [0.1, 0.4, 1000],
      seeds: 2,
      tailAverage: 0.5,
      comparators: ['fresh', 'erm', 'gd', 'one-pass-averaged'],
      plProbes: 5,
    },
  },
  {
    name: 'first bound',
    phases: ['sgd'],
    config: {
      problem: { kind: 'linear', ...problem, design: 'rademacher' },
      sampleSizes: [12],
      passes: [2],
      order: 'single-shuffle',
      schedule: 'constant',
      stepSizes: [0.1],
      seeds: 3,
      comparators: [],
      plProbes: 1,
    },
  },
  {
    name: 'second bound',
    phases: ['sgd'],
    config: {
      problem: { kind: 'linear', ...problem, design: 'rademacher' },
      sampleSizes: [40],
      passes: [2],
      order: 'replacement',
      schedule: 'constant',
      stepSizes: [0.02],
      seeds: 3,
      comparators: [],
      plProbes: 0,
    },
  },
  ...(['linear', 'tanh'] as const).map((activation) => ({
    name: `two layers, ${activation}`,
    phases: ['sgd'],
    config: {
      problem: { kind: 'two-layer', ...problem, hidden: 2, activation },
      sampleSizes: [5],
      passes: [2],
      schedule: 'linear',
      stepSizes: [0.1],
      seeds: 1,
      comparators: [],
    },
  })),
  {
    name: 'perceptron on images',
    phases: ['train', 'test'],
    config: {
      problem: {
        kind: 'net',
        hidden: [6],
        loss: 'squared',
        batchSize: 4,
        validationSamples: 7,
        evalBatchSize: 8,
        loader: { threads: 0 },
      },
      sampleSizes: [9],
      passes: [2],
      stepSizes: [0.05, 900],
      seeds: 2,
      comparators: ['fresh'],
    },
  },
];
