import type { KernelDistillationConfig, TeacherConfig } from '@crucible/contracts';
import type { Dataset } from '../data/dataset.ts';
import { stepsPerEpoch } from '../data/loader.ts';
import type { MethodContext } from '../method.ts';
import { buildModel } from '../nn/build-model.ts';
import type { Network } from '../nn/network.ts';
import { classification } from '../train/classification.ts';
import { policyOf, trainingOptionsOf } from '../train/from-config.ts';
import { frozenModel } from '../train/frozen-model.ts';
import { modelTensors, restoreTensors } from '../train/save-training.ts';
import { train } from '../train/train.ts';
import { checkpointOf, type Run } from './run-state.ts';

/**
 * The teacher: read from what another job has left, or trained here first. The caller frees it.
 *
 * @returns null if the config names none
 * @throws DataError if the weights that it names are not those of the architecture
 */
export async function teacherOf(
  { teacher }: Pick<KernelDistillationConfig, 'teacher'>,
  ctx: MethodContext,
  dataset: Dataset,
  run: Run,
): Promise<Network | null> {
  switch (teacher.kind) {
    case 'none':
      return null;
    case 'weights':
      return frozenModel(teacher.weights, teacher.model, dataset, ctx);
    case 'trained':
      return trainedTeacher(teacher, ctx, dataset, run);
  }
}

const trainedTeacher = async (
  teacher: Extract<TeacherConfig, { kind: 'trained' }>,
  ctx: MethodContext,
  dataset: Dataset,
  run: Run,
): Promise<Network> => {
  const rng = (name: string) => ctx.rng(`teacher/${name}`);
  const network = buildModel(teacher.model, { input: dataset, classes: dataset.classes, rng });
  try {
    if (!run.state.hasTeacher) await trainTeacher(teacher, network, rng, ctx, dataset, run);
    restoreTensors([...network.parameters, ...network.statistics], run.teacherTensors);
    return network;
  } catch (error) {
    network.dispose();
    throw error;
  }
};

const trainTeacher = async (
  { training }: Extract<TeacherConfig, { kind: 'trained' }>,
  network: Network,
  rng: MethodContext['rng'],
  ctx: MethodContext,
  dataset: Dataset,
  run: Run,
): Promise<void> => {
  const { state } = run;
  const objective = classification(network, dataset, {
    augmentation: policyOf(training.augmentation),
    labelSmoothing: 0,
    mixing: { kind: 'none', alpha: 1 },
    rng,
  });
  await train(
    ctx,
    objective,
    dataset,
    {
      training: trainingOptionsOf(training, { rng }),
      saved: state.teacher === null ? null : { state: state.teacher, tensors: ctx.resumeFrom?.tensors ?? [] },
      phase: 'teacher',
      checkpoint: (saved, step) => {
        state.teacher = saved.state;
        return checkpointOf(run, step, saved.tensors);
      },
      measure: async () => ({}), // the curves of the test split are the student's
    },
    async (epochs) => {
      run.teacherTensors = await modelTensors(network);
      state.teacherSteps = epochs.length * stepsPerEpoch(dataset.train.count, training.batchSize);
      state.teacher = null;
      state.hasTeacher = true;
    },
  );
  await ctx.saveCheckpoint(checkpointOf(run, state.teacherSteps, []));
};
