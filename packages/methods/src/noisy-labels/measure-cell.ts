/** @file What is measured of a cell: after each epoch, and at steps within the first one. */
import { measureClassifier } from '../train/measure-classifier.ts';
import type { RunTrainingOptions } from '../train/run-training.ts';
import { type Cell, flippedShare, predict, warn } from './cell.ts';
import { fitByClass, fitFigures, fitShares, meanLosses } from './fit.ts';
import { packedFits, readFits, writeFits } from './fit-bits.ts';
import { memorisationGuide, unseenIdentity, validationIdentity } from './identities.ts';
import { keep } from './run-state.ts';
import { hasMajority, labelCounts, matrixSlack } from './transition-matrix.ts';

type Values = Record<string, number>;
type Between = () => Promise<void>;

/** Values that are there. */
const present = (values: Record<string, number | null>): Values =>
  Object.fromEntries(Object.entries(values).filter((entry): entry is [string, number] => entry[1] !== null));

/** Measures after an epoch, and keeps the fit of each class and sample. */
export async function measureCell(cell: Cell, epoch: number, between: Between): Promise<Values> {
  const { network, dataset, observed, data, config, run, number } = cell;
  const { evalBatchSize, epochs } = config.training;
  const measured = await measureClassifier(network, dataset, observed.heldOut, evalBatchSize)(epoch, between);
  const predictions = await predict(cell, observed.train, between);
  const heldOut = await checkHeldOut(cell, between);
  run.state.cell.byClass[epoch - 1] = fitByClass(predictions.classes, data.train, dataset.classes);
  const bits = readFits(run, number, epochs, dataset.train.count);
  writeFits(bits, epoch - 1, predictions.classes, data.train.observed);
  keep(run, packedFits(bits, number, epochs));
  const { fitClean, fitNoisy, recovered, auc } = fitFigures(predictions, data.train);
  const losses = meanLosses(predictions.losses, data.train);
  const error = 1 - (measured['test/accuracy'] as number);
  const guide = memorisationGuide(error, data.noiseRate, dataset.classes);
  return {
    ...measured,
    ...heldOut,
    ...(epoch === 1 ? checkPlan(cell) : {}),
    ...present({
      'fit/clean': fitClean,
      'fit/noisy': fitNoisy,
      'fit/recovered': recovered,
      'fit/auc': auc,
      'fit/clean-loss': losses.clean,
      'fit/noisy-loss': losses.noisy,
      'theory/memorisation-guide': guide,
    }),
  };
}

/** Warns of labels that are no draws of the plan, and of plans that nobody could learn from. */
function checkPlan(cell: Cell): Values {
  const { data, dataset } = cell;
  const values = { 'cell/noise-rate': data.noiseRate, 'cell/flipped-share': flippedShare(cell) };
  if (data.matrix === null) return values;
  if (!hasMajority(data.matrix))
    warn(cell, 'no-majority', 'the clean label is not the most frequent observed one of every class');
  const slack = matrixSlack(labelCounts(data.train, dataset.classes), data.matrix);
  if (slack < 0) warn(cell, 'matrix-violated', 'the observed labels are no draws of the transition matrix');
  return { ...values, 'theory/matrix-slack': slack };
}

/** The identity for samples that are never trained on, by the held-out ones. */
async function checkHeldOut(cell: Cell, between: Between): Promise<Values> {
  const { observed, data } = cell;
  if (observed.heldOut === null || data.heldOut === null || data.matrix === null) return {};
  const { classes } = await predict(cell, observed.heldOut, between);
  const { measured, predicted, z, slack } = validationIdentity(classes, data.heldOut, data.matrix);
  if (slack < 0)
    warn(cell, 'validation-identity-violated', `${measured} of the held-out labels are met, expected ${predicted}`);
  return { 'theory/validation-z': z, 'theory/validation-slack': slack };
}

/** Looks at powers of two within the first epoch, and at its last steps for the test error. */
export function probeOf(cell: Cell): NonNullable<RunTrainingOptions['probe']> {
  const { stepsPerEpoch, config } = cell;
  const before = stepsPerEpoch - Math.ceil(config.firstEpochShare * stepsPerEpoch);
  const isInside = (step: number): boolean => step > 0 && step < stepsPerEpoch && (step & (step - 1)) === 0;
  const isLast = (step: number): boolean => step > before && step <= stepsPerEpoch;
  return {
    isDue: (step) => isInside(step) || isLast(step),
    measure: async (step, between) => ({
      ...(isInside(step) ? await lookInside(cell, step, between) : {}),
      ...(isLast(step) ? { 'early/test-error': await testError(cell, between) } : {}),
    }),
  };
}

async function testError(cell: Cell, between: Between): Promise<number> {
  const { test } = cell.dataset;
  const { classes } = await predict(cell, test, between);
  return classes.filter((k, i) => k !== test.labels[i]).length / test.count;
}

/** Samples that were trained on against those that were not yet, within the first epoch. */
async function lookInside(cell: Cell, step: number, between: Between): Promise<Values> {
  const { data, observed } = cell;
  const { clean } = data.train;
  const seen = cell.seenAfter(step);
  const isUnseen = (i: number): boolean => seen[i] === 0;
  const { classes } = await predict(cell, observed.train, between);
  const ofSeen = fitShares(classes, data.train, (i) => !isUnseen(i));
  const ofUnseen = fitShares(classes, data.train, isUnseen);
  const unseen = [...clean.keys()].filter(isUnseen);
  const identity = data.matrix === null ? null : unseenIdentity(classes, data.train, data.matrix, isUnseen);
  if (identity !== null && identity.slack < 0)
    warn(
      cell,
      'unseen-identity-violated',
      `${identity.measured} of the unseen flipped samples are fit after step ${step}, expected ${identity.predicted}`,
    );
  return present({
    'seen/fit-clean': ofSeen.fitClean,
    'seen/fit-noisy': ofSeen.fitNoisy,
    'seen/recovered': ofSeen.recovered,
    'unseen/fit-clean': ofUnseen.fitClean,
    'unseen/fit-noisy': ofUnseen.fitNoisy,
    'unseen/recovered': ofUnseen.recovered,
    'unseen/accuracy':
      unseen.length === 0 ? null : unseen.filter((i) => classes[i] === clean[i]).length / unseen.length,
    'unseen/predicted-fit-noisy': identity?.predicted ?? null,
    'theory/unseen-z': identity?.z ?? null,
    'theory/unseen-slack': identity?.slack ?? null,
  });
}
