import {
  type ArtifactView,
  type AttemptView,
  type CheckpointView,
  type ComparedCurve,
  type CompareMetrics,
  type EventPage,
  type ForkJob,
  isTerminal,
  type JobPage,
  type JobsQuery,
  type JobView,
  type KeepPreview,
  type KeepQuery,
  type LogPage,
  type LogsQuery,
  type MethodList,
  type MethodView,
  type MetricColumns,
  type MetricReceipt,
  type PatchJob,
  type PointsQuery,
  type PointsView,
  type QueueQuery,
  type QueueView,
  type SchedulingPassSummary,
  type SchedulingPassView,
  type SeriesView,
  type StorageUsage,
  type SubmitJob,
  type SubmittedBatch,
  type VersionView,
  type WorkerView,
} from '@crucible/contracts';
import { type AccessCalls, accessCalls } from './access-calls.ts';
import type { CallOptions } from './call-options.ts';
import { type CheckpointCalls, checkpointCalls } from './checkpoint-calls.ts';
import { createHttp, queryOf } from './http.ts';
import { createIdempotencyKey } from './idempotency-key.ts';
import { openStream, type StreamMessage, type StreamOptions } from './stream.ts';

/** Seconds that one long poll of `waitFor` lasts. */
const WAIT_SECONDS = 20;

export interface ClientOptions {
  /** address of the API without a path, such as `http://127.0.0.1:8080`; empty: the page's own origin */
  baseUrl: string;
  /** API key, `crk_...`; none: the page's session cookie */
  key?: string;
  /** @defaultValue the global `fetch` */
  fetch?: typeof globalThis.fetch;
  /**
   * Waits before the second, third, ... try of a request that got no answer or a retryable problem.
   * @defaultValue [200, 600, 1500]
   */
  retryWaitsMs?: readonly number[];
  /** Wait before a lost stream is opened again. @defaultValue 2000 */
  reconnectMs?: number;
}

export type WorkerVerb = 'cordon' | 'uncordon' | 'drain' | 'undrain';

/** A submit body in which everything that has a default may be left out. */
export type SubmitRequest = Pick<SubmitJob, 'method'> & Partial<SubmitJob>;
/** A job of a batch. */
export type BatchedRequest = SubmitRequest & { ref?: string };
export type ForkRequest = Partial<ForkJob>;

export interface CommandOptions extends CallOptions {
  /** @defaultValue a fresh one per call; the same key twice has one effect */
  idempotencyKey?: string;
}

/**
 * The HTTP API, call by call. Every method rejects with a `CrucibleError`: the problem's code and faults, or
 * `unavailable` when no answer came after several tries.
 */
export interface CrucibleClient extends AccessCalls {
  version(options?: CallOptions): Promise<VersionView>;
  /** Takes the session from the browser. */
  signOut(options?: CallOptions): Promise<void>;
  methods(options?: CallOptions): Promise<MethodList['data']>;
  method(id: string, options?: CallOptions): Promise<MethodView>;
  submit(body: SubmitRequest, options?: CommandOptions): Promise<JobView>;
  /** Submits all of the jobs or none; they may need one another by their `ref`. */
  submitBatch(jobs: readonly BatchedRequest[], options?: CommandOptions): Promise<SubmittedBatch['data']>;
  /** One page, newest first unless `sort` says otherwise. */
  jobs(query?: Partial<JobsQuery>, options?: CallOptions): Promise<JobPage>;
  /** Every job that fits, page by page as they are read. */
  iterateJobs(query?: Partial<Omit<JobsQuery, 'cursor'>>, options?: CallOptions): AsyncGenerator<JobView>;
  /** The very object of the last call while its version stands. */
  job(id: string, options?: CallOptions): Promise<JobView>;
  /** Changes what may change of a job; with `version` only if that is still its version. */
  patch(id: string, changes: PatchJob, options?: CallOptions & { version?: number }): Promise<JobView>;
  pause(id: string, options?: CommandOptions): Promise<JobView>;
  resume(id: string, options?: CommandOptions): Promise<JobView>;
  cancel(id: string, options?: CommandOptions): Promise<JobView>;
  kill(id: string, options?: CommandOptions): Promise<JobView>;
  retry(id: string, options?: CommandOptions): Promise<JobView>;
  /** A new job from the resolved config of `id`. */
  fork(id: string, body?: ForkRequest, options?: CommandOptions): Promise<JobView>;
  series(id: string, options?: CallOptions): Promise<SeriesView[]>;
  points(
    id: string,
    query: Pick<PointsQuery, 'key'> & Partial<PointsQuery>,
    options?: CallOptions,
  ): Promise<PointsView>;
  /** A few metrics of many jobs on one grid of steps, summed up by group. */
  compare(
    query: Pick<CompareMetrics, 'jobs' | 'keys'> & Partial<CompareMetrics>,
    options?: CallOptions,
  ): Promise<ComparedCurve[]>;
  /** Stores a batch of points of attempt `number`; sent again it changes nothing. */
  appendMetrics(id: string, number: number, batch: MetricColumns, options?: CallOptions): Promise<MetricReceipt>;
  logs(id: string, query?: Partial<LogsQuery>, options?: CallOptions): Promise<LogPage>;
  attempts(id: string, options?: CallOptions): Promise<AttemptView[]>;
  checkpoints(id: string, options?: CallOptions): Promise<CheckpointView[]>;
  /** What a keep rule would remove; what is left out is as the job has it. */
  previewKeep(id: string, rule?: KeepQuery, options?: CallOptions): Promise<KeepPreview>;
  readonly checkpoint: CheckpointCalls;
  artifacts(id: string, options?: CallOptions): Promise<ArtifactView[]>;
  /** The answer with the bytes of an artifact, still unread. */
  download(id: string, name: string, options?: CallOptions): Promise<Response>;
  /** What the team keeps. */
  storage(options?: CallOptions): Promise<StorageUsage>;
  /** The queue as the scheduler sees it; positions and estimates are exact. */
  queue(query?: Partial<QueueQuery>, options?: CallOptions): Promise<QueueView>;
  /** Passes that decided something, newest first. */
  schedulingPasses(options?: CallOptions): Promise<SchedulingPassSummary[]>;
  /** What a pass saw and decided. */
  schedulingPass(id: string, options?: CallOptions): Promise<SchedulingPassView>;
  workers(options?: CallOptions): Promise<WorkerView[]>;
  /** A worker by its id: no new attempts (`cordon`), none at all (`drain`), or work again. */
  holdWorker(id: string, verb: WorkerVerb, options?: CommandOptions): Promise<WorkerView>;
  /** Change feed by long poll. */
  events(
    query?: { after?: number; topics?: readonly string[]; wait?: number; limit?: number },
    options?: CallOptions,
  ): Promise<EventPage>;
  /** Change feed as it happens; see {@link StreamMessage}. */
  stream(options?: StreamOptions): AsyncGenerator<StreamMessage>;
  /** The job once it has ended. Abort `signal` to give up. */
  waitFor(id: string, options?: CallOptions): Promise<JobView>;
}

const at = (id: string, ...rest: string[]): string => ['/v1/jobs', ...[id, ...rest].map(encodeURIComponent)].join('/');

export function createClient({
  baseUrl,
  key = '',
  fetch = globalThis.fetch,
  retryWaitsMs = [200, 600, 1500],
  reconnectMs = 2000,
}: ClientOptions): CrucibleClient {
  // Browsers refuse a fetch that is called as a method of another object.
  const http = createHttp({ baseUrl, key, fetch: (input, init) => fetch(input, init), retryWaitsMs });

  const list = async <T>(path: string, signal?: AbortSignal): Promise<T[]> =>
    (await http.get<{ data: T[] }>(path, signal)).data;
  const command = <T = JobView>(path: string, body: unknown, options: CommandOptions): Promise<T> =>
    http.post(path, body, options.idempotencyKey ?? createIdempotencyKey(), options.signal);

  const client: CrucibleClient = {
    ...accessCalls(http),
    version: ({ signal } = {}) => http.get('/v1/version', signal),
    signOut: async ({ signal } = {}) => {
      await http.send('/v1/session', { method: 'DELETE', signal });
    },
    methods: ({ signal } = {}) => list('/v1/methods', signal),
    method: (id, { signal } = {}) => http.get(`/v1/methods/${encodeURIComponent(id)}`, signal),
    submit: (body, options = {}) => command('/v1/jobs', body, options),
    submitBatch: async (jobs, options = {}) => {
      const key = options.idempotencyKey ?? createIdempotencyKey();
      return (await http.post<SubmittedBatch>('/v1/job-batches', { jobs }, key, options.signal)).data;
    },
    jobs: (query = {}, { signal } = {}) => http.get(`/v1/jobs${queryOf(query)}`, signal),
    async *iterateJobs(query = {}, options = {}) {
      let cursor: string | null = null;
      do {
        const page: JobPage = await client.jobs(cursor === null ? query : { ...query, cursor }, options);
        yield* page.data;
        cursor = page.nextCursor;
      } while (cursor !== null);
    },
    job: (id, { signal } = {}) => http.get(at(id), signal),
    patch: (id, changes, { version, signal } = {}) =>
      http
        .send(at(id), {
          method: 'PATCH',
          body: changes,
          ...(version === undefined ? {} : { headers: { 'if-match': `"v${version}"` } }),
          signal,
        })
        .then((answer) => answer.json() as Promise<JobView>),
    pause: (id, options = {}) => command(at(id, 'pause'), {}, options),
    resume: (id, options = {}) => command(at(id, 'resume'), {}, options),
    cancel: (id, options = {}) => command(at(id, 'cancel'), {}, options),
    kill: (id, options = {}) => command(at(id, 'kill'), {}, options),
    retry: (id, options = {}) => command(at(id, 'retry'), {}, options),
    fork: (id, body = {}, options = {}) => command(at(id, 'fork'), body, options),
    series: (id, { signal } = {}) => list(at(id, 'metrics'), signal),
    points: (id, query, { signal } = {}) => http.get(`${at(id, 'metrics', 'points')}${queryOf(query)}`, signal),
    compare: async (query, { signal } = {}) =>
      (await http.post<{ data: ComparedCurve[] }>('/v1/metrics/query', query, createIdempotencyKey(), signal)).data,
    appendMetrics: (id, number, batch, { signal } = {}) =>
      http.post(at(id, 'attempts', String(number), 'metrics'), batch, createIdempotencyKey(), signal),
    logs: (id, query = {}, { signal } = {}) => http.get(`${at(id, 'logs')}${queryOf(query)}`, signal),
    attempts: (id, { signal } = {}) => list(at(id, 'attempts'), signal),
    checkpoints: (id, { signal } = {}) => list(at(id, 'checkpoints'), signal),
    previewKeep: (id, rule = {}, { signal } = {}) =>
      http.get(`${at(id, 'checkpoints', 'preview')}${queryOf(rule)}`, signal),
    checkpoint: checkpointCalls(http),
    artifacts: (id, { signal } = {}) => list(at(id, 'artifacts'), signal),
    download: (id, name, { signal } = {}) => http.send(at(id, 'artifacts', name), { signal }),
    storage: ({ signal } = {}) => http.get('/v1/usage/storage', signal),
    queue: (query = {}, { signal } = {}) => http.get(`/v1/queue${queryOf(query)}`, signal),
    schedulingPasses: ({ signal } = {}) => list('/v1/scheduling-passes', signal),
    schedulingPass: (id, { signal } = {}) => http.get(`/v1/scheduling-passes/${encodeURIComponent(id)}`, signal),
    workers: ({ signal } = {}) => list('/v1/workers', signal),
    holdWorker: (id, verb, options = {}) => command(`/v1/workers/${encodeURIComponent(id)}/${verb}`, {}, options),
    events: ({ topics = [], ...query } = {}, { signal } = {}) =>
      http.get(
        `/v1/events${queryOf({ ...query, topics: topics.length === 0 ? undefined : topics.join(',') })}`,
        signal,
      ),
    stream: (options = {}) => openStream(http, reconnectMs, options),
    async waitFor(id, options = {}) {
      // From the beginning of the feed: no event between the reading of the job and the poll can be missed.
      let after = 0;
      for (;;) {
        const job = await client.job(id, options);
        if (isTerminal(job.state)) return job;
        const page = await client.events({ after, topics: [`job:${id}`], wait: WAIT_SECONDS }, options);
        after = page.next;
      }
    },
  };
  return client;
}
