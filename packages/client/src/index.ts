export type { CallOptions } from './call-options.ts';
export type { CheckpointCalls, DownloadOptions } from './checkpoint-calls.ts';
export {
  type BatchedRequest,
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
