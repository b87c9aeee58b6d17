import type { ChangeCheckpoint, CheckpointCheck, CheckpointManifest, CheckpointView } from '@crucible/contracts';
import type { CallOptions } from './call-options.ts';
import type { Http } from './http.ts';
import { createIdempotencyKey } from './idempotency-key.ts';

export interface DownloadOptions extends CallOptions {
  /** first byte; for going on with a download that broke off */
  from?: number;
  /** `ETag` of the part that is there: the whole content comes when it is another now */
  ifRange?: string;
}

/** One checkpoint by its id, whatever its job. */
export interface CheckpointCalls {
  get(id: string, options?: CallOptions): Promise<CheckpointView>;
  manifest(id: string, options?: CallOptions): Promise<CheckpointManifest>;
  /** Pins, unpins or annotates it. */
  change(id: string, change: ChangeCheckpoint, options?: CallOptions): Promise<CheckpointView>;
  /** Rejects with `checkpoint-in-use` while something needs it. */
  remove(id: string, options?: CallOptions): Promise<void>;
  /** Has every byte read; rejects with `checkpoint-corrupt` when one is damaged. */
  verify(id: string, options?: CallOptions): Promise<CheckpointCheck>;
  /** The answer with its bytes in the safetensors format, still unread. */
  download(id: string, options?: DownloadOptions): Promise<Response>;
}

const at = (id: string, ...rest: string[]): string =>
  ['/v1/checkpoints', ...[id, ...rest].map(encodeURIComponent)].join('/');

/** The calls of {@link CheckpointCalls} over HTTP. */
export const checkpointCalls = (http: Http): CheckpointCalls => ({
  get: (id, { signal } = {}) => http.get(at(id), signal),
  manifest: (id, { signal } = {}) => http.get(at(id, 'manifest'), signal),
  async change(id, body, { signal } = {}) {
    const answer = await http.send(at(id), { method: 'PATCH', body, signal });
    return (await answer.json()) as CheckpointView;
  },
  async remove(id, { signal } = {}) {
    await http.send(at(id), { method: 'DELETE', signal });
  },
  verify: (id, { signal } = {}) => http.post(at(id, 'verify'), {}, createIdempotencyKey(), signal),
  download(id, { from = 0, ifRange, signal } = {}) {
    const headers: Record<string, string> = {};
    if (from > 0) headers.range = `bytes=${from}-`;
    if (ifRange !== undefined) headers['if-range'] = ifRange;
    return http.send(at(id, 'content'), { headers, signal });
  },
});
