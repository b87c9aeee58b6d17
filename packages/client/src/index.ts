export {
  type CallOptions,
  type ClientOptions,
  type CommandOptions,
  type CrucibleClient,
  createClient,
  type ForkRequest,
  type SubmitRequest,
  type WorkerVerb,
} from './client.ts';
export { createIdempotencyKey } from './idempotency-key.ts';
export type { StreamMessage, StreamOptions } from './stream.ts';
