import type { KernelDistillationSummary } from '@crucible/contracts';
import type { Checkpoint, MethodContext, StoredTensor } from '../method.ts';
import type { TrainingState } from '../train/save-training.ts';
import type { GramRecord } from './gram-probe.ts';

export type Warning = KernelDistillationSummary['warnings'][number];

/** The method's place in its work, plain JSON; tensors are saved beside it. */
export interface RunState {
  dataset: string;
  /** steps of the teacher's training, once it is done */
  teacherSteps: number;
  /** of the teacher, while it is trained here */
  teacher: TrainingState | null;
  hasTeacher: boolean;
  student: TrainingState | null;
  /** by epoch */
  grams: { epoch: number; records: GramRecord[] }[];
  warnings: Warning[];
}

/** A run with the weights of the teacher that it trained. */
export interface Run {
  state: RunState;
  teacherTensors: StoredTensor[];
}

const PREFIX = 'teacher/';

/** A checkpoint of a run; it holds a copy, so that going on does not change it. */
export const checkpointOf = (
  { state, teacherTensors }: Run,
  step: number,
  tensors: readonly StoredTensor[],
): Checkpoint => ({
  step,
  state: structuredClone(state),
  tensors: [...teacherTensors.map((tensor) => ({ ...tensor, name: PREFIX + tensor.name })), ...tensors],
});

/**
 * The run to go on from: that of the checkpoint, else the first one.
 *
 * @param dataset hash of the data as it is now
 * @throws Error if the checkpoint was made with other data
 */
export function initialRun({ resumeFrom }: Pick<MethodContext, 'resumeFrom'>, dataset: string): Run {
  if (resumeFrom === null)
    return {
      state: { dataset, teacherSteps: 0, teacher: null, hasTeacher: false, student: null, grams: [], warnings: [] },
      teacherTensors: [],
    };
  const state = structuredClone(resumeFrom.state) as RunState;
  if (state.dataset !== dataset)
    throw new Error(
      `the dataset has the hash ${dataset}, the checkpoint was made with ${state.dataset}; put the old files back or submit a new job`,
    );
  const teacherTensors = resumeFrom.tensors
    .filter(({ name }) => name.startsWith(PREFIX))
    .map((tensor) => ({ ...tensor, name: tensor.name.slice(PREFIX.length) }));
  return { state, teacherTensors };
}
