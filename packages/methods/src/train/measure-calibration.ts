import type { Dataset, Split } from '../data/dataset.ts';
import type { Model } from '../nn/model.ts';
import { calibrationOf } from './calibration.ts';
import { rowsOf } from './predictions.ts';

/** Logits `[n, K]`, flattened, of a whole split, with running statistics and without augmentation. */
export const logitsOf = async (
  model: Pick<Model, 'forward'>,
  dataset: Dataset,
  split: Split,
  batchSize: number,
  between: () => Promise<void>,
): Promise<Float32Array> => {
  const forward = (images: Parameters<Model['forward']>[0]) => ({ logits: model.forward(images, false) });
  return (await rowsOf(forward, dataset, split, batchSize, between)).logits.rows;
};

/** What `measureClassifier` measures, and how well the confidence on the test split fits the accuracy. */
export const measureCalibration =
  (model: Pick<Model, 'forward'>, dataset: Dataset, heldOut: Split | null, evalBatchSize: number) =>
  async (_epoch: number, between: () => Promise<void>): Promise<Record<string, number>> => {
    const of = async (split: Split) => {
      const logits = await logitsOf(model, dataset, split, evalBatchSize, between);
      return calibrationOf(logits, split.labels, dataset.classes);
    };
    const { loss, accuracy, ece, confidence, logitGap } = await of(dataset.test);
    const validation = heldOut === null ? null : await of(heldOut);
    return {
      'test/loss': loss,
      'test/accuracy': accuracy,
      'test/ece': ece,
      'test/confidence': confidence,
      'test/logit-gap': logitGap,
      ...(validation === null
        ? {}
        : { 'validation/loss': validation.loss, 'validation/accuracy': validation.accuracy }),
    };
  };
