import { Architecture, fits, type Reference } from '@crucible/contracts';
import type { Dataset } from '../data/dataset.ts';
import { decodeSafetensors, safetensorsMetadata } from '../data/safetensors.ts';
import { DataError, type MethodContext } from '../method.ts';
import { buildModel } from '../nn/build-model.ts';
import type { Network } from '../nn/network.ts';
import { restoreTensors } from './save-training.ts';

const FILE = 'the weights of the teacher';

/**
 * A network with the weights that another job has left, to be asked and not trained: a teacher. The caller frees it.
 *
 * @param architecture what the weights were trained with; null: what their file says
 * @throws DataError if the weights are not those of the architecture, or their file does not name it
 */
export async function frozenModel(
  weights: Reference,
  architecture: Architecture | null,
  dataset: Dataset,
  ctx: Pick<MethodContext, 'input' | 'rng'>,
): Promise<Network> {
  const bytes = await ctx.input(weights);
  const tensors = decodeSafetensors(bytes, FILE);
  const { classes } = dataset;
  const model = architecture ?? namedArchitecture(bytes);
  const network = buildModel(model, { input: dataset, classes, rng: (name) => ctx.rng(`teacher/${name}`) });
  try {
    restoreTensors([...network.parameters, ...network.statistics], tensors);
    return network;
  } catch (error) {
    network.dispose();
    if (!(error instanceof RangeError)) throw error;
    throw new DataError(`The weights of the teacher do not fit its model: ${error.message}.`, { cause: error });
  }
}

/** The architecture that a file of weights names: `model` as JSON, or `structure`, which Zen-NAS leaves. */
const namedArchitecture = (bytes: Uint8Array): Architecture => {
  const { model, structure } = safetensorsMetadata(bytes, FILE);
  if (typeof structure === 'string') {
    const squeezeExcite = decodeSafetensors(bytes, FILE).some(({ name }) => name.includes('/excite/'));
    return { kind: 'structure', structure, squeezeExcite };
  }
  const parsed: unknown = typeof model === 'string' ? parseJson(model) : null;
  if (fits(Architecture, parsed)) return parsed;
  throw new DataError('The weights of the teacher do not say which architecture they belong to; set teacher.model.');
};

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
};
