import type { Dataset, Split } from '../data/dataset.ts';
import type { Model } from '../nn/model.ts';
import { evaluate } from './evaluate.ts';

/** The usual measuring of a classifier after an epoch: `test/...`, and `validation/...` where samples are held out. */
export const measureClassifier =
  (model: Pick<Model, 'forward'>, dataset: Dataset, heldOut: Split | null, evalBatchSize: number) =>
  async (_epoch: number, between: () => Promise<void>): Promise<Record<string, number>> => {
    const test = await evaluate(model, dataset, dataset.test, evalBatchSize, between);
    const measured = { 'test/loss': test.loss, 'test/accuracy': test.accuracy };
    if (heldOut === null) return measured;
    const { loss, accuracy } = await evaluate(model, dataset, heldOut, evalBatchSize, between);
    return { ...measured, 'validation/loss': loss, 'validation/accuracy': accuracy };
  };
