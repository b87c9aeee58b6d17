import type { BatchedRequest, CrucibleClient } from '@crucible/client';
import { fromWire, isTerminal, type JobView, LIVE_JOB_STATES } from '@crucible/contracts';
import { fingerprintOf } from './fingerprint.ts';
import { busyMinutes, progressText } from './progress.ts';

/** One job of a protocol. What is left out is as in any submit body. */
export interface ProtocolJob extends Omit<BatchedRequest, 'method' | 'ref' | 'needs' | 'config'> {
  /** @defaultValue the method that is reproduced */
  method?: string;
  /** unique in the protocol, for people: `n=800 k=8` */
  name: string;
  config: Readonly<Record<string, unknown>>;
  seed: number;
  /** a failure is a result, too, and ends nothing. @defaultValue false */
  mayFail?: boolean;
}

/** A job that has ended, with what it left. */
export interface FinishedJob<Summary> {
  readonly job: JobView;
  readonly summary: Summary;
  /** Steps and values of a metric, thinned to at most 1000 points; non-finite ones as such. */
  curve(metric: string): Promise<{ steps: readonly number[]; values: readonly number[] }>;
  /** Text of an artifact. */
  text(artifact: string): Promise<string>;
}

/** Where the jobs of a reproduction run. */
export interface JobPool {
  /**
   * Runs all of the jobs, several at once, and waits for them. Those that an earlier reproduction of the same build has
   * submitted with the same config and seed are not submitted again: one that was interrupted goes on.
   *
   * @returns in the order of `jobs`
   * @throws Error that names every job that failed, unless it may
   */
  run<Summary>(jobs: readonly ProtocolJob[]): Promise<FinishedJob<Summary>[]>;
  /** Minutes in which at least one job of this reproduction ran, whenever that was. */
  readonly minutes: number;
}

export interface JobPoolParts {
  client: CrucibleClient;
  /** method id that is reproduced */
  id: string;
  /** workers that take the jobs; null: the default ones */
  pool: string | null;
  /** names the code that runs; jobs of other code are not taken over */
  build: string;
  /** told by every new line of progress */
  say: (line: string) => void;
  /** jobs of earlier reproductions are not taken over. @defaultValue false */
  isFresh?: boolean;
  /** @defaultValue 1000 */
  pollMs?: number;
}

const JOBS_PER_BATCH = 200;
/** A line that says nothing new is printed after this time, as a sign of life. */
const SILENCE_MS = 30_000;
const TAG = 'reproduce';
const FINGERPRINT_TAG = 'fingerprint';

export function createJobPool(parts: JobPoolParts): JobPool {
  const { client, id, build, say, pool, isFresh = false, pollMs = 1000 } = parts;
  const seen = new Map<string, JobView>();
  const tag = `${TAG}=${id}`;
  const versions = new Map<string, string>();
  /** ids of the jobs that this pool has submitted */
  const own = new Set<string>();

  async function fingerprint(job: ProtocolJob): Promise<string> {
    const method = job.method ?? id;
    const version = versions.get(method) ?? (await client.method(method)).version;
    versions.set(method, version);
    const { name: _, mayFail: __, ...body } = job;
    return fingerprintOf({ ...body, method, version, build });
  }

  /** Jobs of this reproduction that succeeded or may still, the newest by fingerprint. */
  async function known(): Promise<Map<string, JobView>> {
    const found = new Map<string, JobView>();
    for await (const job of client.iterateJobs({ tag, limit: 200 })) {
      const key = job.tags[FINGERPRINT_TAG];
      if (key === undefined || found.has(key) || (isFresh && !own.has(job.id))) continue; // newest first
      if (job.state === 'succeeded' || !isTerminal(job.state)) found.set(key, job);
    }
    return found;
  }

  async function submit(jobs: readonly { job: ProtocolJob; key: string }[]): Promise<Map<string, string>> {
    const ids = new Map<string, string>();
    for (let from = 0; from < jobs.length; from += JOBS_PER_BATCH) {
      const part = jobs.slice(from, from + JOBS_PER_BATCH);
      const bodies = part.map(({ job: { mayFail: _, method = id, ...body }, key }) => ({
        ...body,
        method,
        name: `reproduce ${id}: ${body.name}`,
        tags: { ...body.tags, [TAG]: id, [FINGERPRINT_TAG]: key },
        ...(pool === null ? {} : { resources: { slots: 1, ...body.resources, pool } }),
      }));
      const submitted = await client.submitBatch(bodies);
      submitted.forEach(({ id: jobId }, i) => {
        own.add(jobId);
        ids.set((part[i] as { key: string }).key, jobId);
      });
    }
    return ids;
  }

  /** Reads the jobs until all have ended. One request a look, however many they are. */
  async function wait(ids: readonly string[], numBefore: number): Promise<Map<string, JobView>> {
    const ended = new Map<string, JobView>();
    let last = { text: '', at: 0 };
    for (;;) {
      const live = new Map<string, JobView>();
      for await (const job of client.iterateJobs({ tag, state: LIVE_JOB_STATES.join(','), limit: 200 }))
        live.set(job.id, job);
      for (const jobId of ids) {
        if (ended.has(jobId) || live.has(jobId)) continue;
        const job = await client.job(jobId); // not on the list: it ended, or moved while the pages were read
        if (isTerminal(job.state)) ended.set(jobId, job);
        else live.set(jobId, job);
      }
      const running = ids.flatMap((jobId) => live.get(jobId) ?? []);
      const text = progressText({ total: ids.length, numBefore, ended: [...ended.values()], live: running });
      if (text !== last.text || performance.now() - last.at > SILENCE_MS) {
        say(text);
        last = { text, at: performance.now() };
      }
      if (ended.size === ids.length) return ended;
      await new Promise((resolve) => setTimeout(resolve, pollMs));
    }
  }

  const finished = <Summary>(job: JobView): FinishedJob<Summary> => ({
    job,
    summary: job.summary as Summary,
    async curve(metric) {
      const { steps, values } = await client.points(job.id, { key: metric });
      return { steps, values: values.map(fromWire) };
    },
    text: async (artifact) => (await client.download(job.id, artifact)).text(),
  });

  return {
    get minutes() {
      return busyMinutes([...seen.values()]);
    },
    async run<Summary>(jobs: readonly ProtocolJob[]) {
      const keyed: { job: ProtocolJob; key: string }[] = [];
      for (const job of jobs) keyed.push({ job, key: await fingerprint(job) });
      const before = await known();
      // two jobs of a protocol that are the same in all that counts are one job
      const missing = [...new Map(keyed.map((one) => [one.key, one])).values()].filter(({ key }) => !before.has(key));
      const ids = await submit(missing);
      const idOf = ({ key }: { key: string }): string => before.get(key)?.id ?? (ids.get(key) as string);
      const unique = [...new Set(keyed.map(idOf))];
      const numBefore = unique.filter((jobId) => [...before.values()].some((job) => job.id === jobId)).length;
      const ended = await wait(unique, numBefore);
      for (const [jobId, job] of ended) seen.set(jobId, job);
      const results = keyed.map((one) => ({ ...one, view: ended.get(idOf(one)) as JobView }));
      const failed = results.filter(({ job, view }) => view.state !== 'succeeded' && job.mayFail !== true);
      if (failed.length > 0)
        throw new Error(
          `${failed.length} of ${jobs.length} jobs did not succeed:\n${failed
            .map(({ job, view }) => `  ${job.name} (${view.id}) is ${view.state}, ${view.endCode}: ${view.detail}`)
            .join('\n')}`,
        );
      return results.map(({ view }) => finished<Summary>(view));
    },
  };
}
