import type { Architecture, Reference } from '@crucible/contracts';
import type { Dataset } from '../data/dataset.ts';
import { decodeSafetensors } from '../data/safetensors.ts';
import { DataError, type MethodContext } from '../method.ts';
import { buildModel } from '../nn/build-model.ts';
import type { Network } from '../nn/network.ts';
import { restoreTensors } from './save-training.ts';

/**
 * A network with the weights that another job has left, to be asked and not trained: a teacher. The caller frees it.
 *
 * @throws DataError if the weights are not those of the architecture
 */
export async function frozenModel(
  weights: Reference,
  architecture: Architecture,
  dataset: Dataset,
  ctx: Pick<MethodContext, 'input' | 'rng'>,
): Promise<Network> {
  const tensors = decodeSafetensors(await ctx.input(weights), 'the weights of the teacher');
  const { classes } = dataset;
  const network = buildModel(architecture, { input: dataset, classes, rng: (name) => ctx.rng(`teacher/${name}`) });
  try {
    restoreTensors([...network.parameters, ...network.statistics], tensors);
    return network;
  } catch (error) {
    network.dispose();
    if (!(error instanceof RangeError)) throw error;
    throw new DataError(`The weights of the teacher do not fit its model: ${error.message}.`, { cause: error });
  }
}
