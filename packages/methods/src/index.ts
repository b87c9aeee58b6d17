export type { Dataset, Split } from './data/dataset.ts';
export { openDataset } from './data/open-dataset.ts';
export { decodeSafetensors, encodeSafetensors } from './data/safetensors.ts';
export {
  type Checkpoint,
  DataError,
  type Method,
  type MethodContext,
  NonFiniteError,
  Stopped,
  type StopRequest,
  type StoredTensor,
} from './method.ts';
export { readStructures } from './nn/read-structures.ts';
export { createRng } from './random/create-rng.ts';
export type { Rng } from './random/rng.ts';
export { RUNNERS } from './registry.ts';
