import { type Checkpoint, type MethodContext, NonFiniteError, Stopped, type StopRequest } from '../method.ts';
import { obeyStop } from '../obey-stop.ts';
import { type SavedTraining, saveTraining } from './save-training.ts';
import { type EpochRecord, learningRateOf, noSums, type Training, type TrainingSums, trainStep } from './training.ts';

/** Steps between two reports. */
const REPORT_EVERY = 20;
/** Steps between two checkpoints; counted in steps, so that every run saves at the same ones. */
const CHECKPOINT_EVERY = 100;

/** What a method tells the shared loop. */
export interface RunTrainingOptions {
  /** the job's step before the training's first one: what earlier phases took. @defaultValue 0 */
  firstStep?: number;
  /** phase of the job in its progress. @defaultValue train */
  phase?: string;
  /** the method's checkpoint around what the training saves; its step is the job's */
  checkpoint(saved: SavedTraining, step: number): Checkpoint;
  /**
   * Measures after an epoch, from 1, under the averages where the training keeps them: metric by name.
   *
   * @param between awaited now and then; what it throws ends the measuring, which is begun again when the job goes on
   */
  measure(epoch: number, between: () => Promise<void>): Promise<Record<string, number>>;
  /** looks within the epochs: after which steps of the training, and what is measured there as `measure` does. @defaultValue none */
  probe?: {
    isDue(step: number): boolean;
    measure(step: number, between: () => Promise<void>): Promise<Record<string, number>>;
  };
  /** end once `metric` has not fallen for this many epochs; null: never. @defaultValue null */
  earlyStop?: { metric: string; epochs: number } | null;
}

/** Carries the worker's wish out of a measuring, where the model may have its averages for its values. */
class Interrupted extends Error {
  readonly request: StopRequest;
  constructor(request: StopRequest) {
    super('the measuring was interrupted');
    this.request = request;
  }
}

/**
 * Trains to the end: reports, measures after every epoch, saves, and stops within one step when the worker asks for it.
 *
 * @throws NonFiniteError if the loss or a measured loss stops being a finite number; Stopped as asked
 */
export async function runTraining(ctx: MethodContext, training: Training, options: RunTrainingOptions): Promise<void> {
  const { firstStep = 0 } = options;
  const jobStep = (): number => firstStep + training.step;
  const checkpoint = async () => options.checkpoint(await saveTraining(training), jobStep());
  let since = ctx.seconds();
  for (;;) {
    const atEpochEnd = training.step % training.stepsPerEpoch === 0;
    if (options.probe?.isDue(training.step) && training.probes.at(-1)?.step !== training.step) {
      await probe(ctx, training, options.probe, jobStep(), checkpoint);
      since = ctx.seconds();
    }
    if (atEpochEnd && training.epochs.length < training.step / training.stepsPerEpoch) {
      await measureEpoch(ctx, training, options, jobStep(), checkpoint);
      await ctx.saveCheckpoint(await checkpoint());
      since = ctx.seconds();
    }
    if (training.step === training.totalSteps || isStalled(training.epochs, options.earlyStop ?? null)) return;
    if (atEpochEnd && training.objective.beforeEpoch !== undefined) {
      const epoch = training.step / training.stepsPerEpoch;
      await interruptible(ctx, checkpoint, async (between) => training.objective.beforeEpoch?.(epoch, between));
      since = ctx.seconds();
    }
    await obeyStop(ctx, checkpoint);
    const learningRate = learningRateOf(training);
    await trainStep(training);
    if (training.step % REPORT_EVERY === 0 || training.step % training.stepsPerEpoch === 0) {
      const seconds = ctx.seconds() - since;
      const { samples } = training.sinceReport;
      ctx.report(jobStep(), {
        ...means(training.sinceReport),
        'train/learning-rate': learningRate,
        ...(seconds > 0 ? { 'train/samples-per-second': samples / seconds } : {}),
      });
      tellProgress(ctx, training, options);
      training.sinceReport = noSums();
      since = ctx.seconds();
    }
    // the end of an epoch is saved once it is measured
    if (training.step % CHECKPOINT_EVERY === 0 && training.step % training.stepsPerEpoch !== 0)
      await ctx.saveCheckpoint(await checkpoint());
  }
}

/** Means over the steps of `sums`, by metric. */
const means = ({ steps, loss, judged, right, values }: TrainingSums): Record<string, number> => ({
  'train/loss': loss / steps,
  ...(judged > 0 ? { 'train/accuracy': right / judged } : {}),
  ...Object.fromEntries(Object.entries(values).map(([name, sum]) => [`train/${name}`, sum / steps])),
});

const tellProgress = (ctx: MethodContext, training: Training, { phase = 'train' }: RunTrainingOptions): void => {
  const { steps, loss } = training.sinceReport;
  const epoch = Math.ceil(training.step / training.stepsPerEpoch);
  const accuracy = training.epochs.at(-1)?.values['test/accuracy'];
  ctx.progress({
    phase,
    done: training.step,
    total: training.totalSteps,
    message:
      `epoch ${epoch} of ${training.options.epochs}, loss ${(loss / steps).toFixed(3)}` +
      (accuracy === undefined ? '' : `, test accuracy ${accuracy.toFixed(4)}`),
  });
};

/**
 * Work between two steps, which stops when the worker wishes so and is begun again when the job goes on.
 *
 * @param work gets what it has to await now and then
 * @throws Stopped as asked, after a checkpoint if the job is to go on elsewhere
 */
const interruptible = async <T>(
  ctx: MethodContext,
  checkpoint: () => Promise<Checkpoint>,
  work: (between: () => Promise<void>) => Promise<T>,
): Promise<T> => {
  const between = async () => {
    const request = await ctx.shouldStop();
    if (request !== 'no') throw new Interrupted(request);
  };
  try {
    return await work(between);
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    if (error.request === 'release') await ctx.saveCheckpoint(await checkpoint());
    throw new Stopped();
  }
};

/** Measures under the averages where the training keeps them. */
const underAverages = <T>({ ema }: Training, measure: () => Promise<T>): Promise<T> =>
  ema === null ? measure() : ema.during(measure);

const probe = async (
  ctx: MethodContext,
  training: Training,
  { measure }: NonNullable<RunTrainingOptions['probe']>,
  jobStep: number,
  checkpoint: () => Promise<Checkpoint>,
): Promise<void> => {
  const { step } = training;
  const values = await interruptible(ctx, checkpoint, (between) =>
    underAverages(training, () => measure(step, between)),
  );
  ctx.report(jobStep, values);
  training.probes.push({ step, values });
};

const measureEpoch = async (
  ctx: MethodContext,
  training: Training,
  options: RunTrainingOptions,
  step: number,
  checkpoint: () => Promise<Checkpoint>,
): Promise<void> => {
  const epoch = training.step / training.stepsPerEpoch;
  const { epochs, testEveryEpochs = 1 } = training.options;
  let measured: Record<string, number> = {};
  if (epoch % testEveryEpochs === 0 || epoch === epochs) {
    ctx.progress({ phase: 'test', done: epoch, total: epochs, message: `testing after epoch ${epoch}` });
    measured = await interruptible(ctx, checkpoint, (between) =>
      underAverages(training, () => options.measure(epoch, between)),
    );
    ctx.report(step, measured);
  }
  for (const [name, value] of Object.entries(measured))
    if (name.endsWith('/loss') && !Number.isFinite(value))
      throw new NonFiniteError(`${name} is ${value} after epoch ${epoch}`);
  training.epochs.push({ epoch, values: { ...means(training.sinceEpoch), ...measured } });
  training.sinceEpoch = noSums();
};

/** True once the metric's smallest value lies `epochs` epochs back. */
const isStalled = (records: readonly EpochRecord[], earlyStop: RunTrainingOptions['earlyStop']): boolean => {
  if (earlyStop === null || earlyStop === undefined) return false;
  const values = records.map(({ values: { [earlyStop.metric]: value = Number.NaN } }) => value);
  return values.length - 1 - values.indexOf(Math.min(...values)) >= earlyStop.epochs && values.length > 0;
};
