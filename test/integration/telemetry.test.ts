import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { JobView } from '@crucible/contracts';
import { METRICS } from '@crucible/telemetry';
import { type ApiProcess, startApiProcess } from '../support/api-process.ts';
import { withDatabase } from '../support/database.ts';
import { writeBars } from '../support/idx-images.ts';
import { type Sample, sampleOf, scrape } from '../support/metrics-page.ts';
import { type OtlpReceiver, type ReceivedSpan, startOtlpReceiver } from '../support/otlp-receiver.ts';
import { eventually } from '../support/poll.ts';
import { testRedisUrl } from '../support/running-api.ts';
import { TINY_BARS, tinySearch } from '../support/tiny-search.ts';
import { startWorkerProcess, type WorkerProcess } from '../support/worker-process.ts';

const JOB_LIMIT_MS = 240_000;
/** Prometheus and we alike: ids must not become label values. */
const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-/;
const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
const CALLER_SPAN = 'b7ad6b7169203331';

const { databaseUrl, store } = await withDatabase();

describe('what operators see of a real run', () => {
  let folder = '';
  let receiver: OtlpReceiver;
  let api: ApiProcess;
  let worker: WorkerProcess;
  let job: JobView;
  let ofApi: Sample[] = [];
  let ofWorker: Sample[] = [];

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'telemetry-'));
    receiver = await startOtlpReceiver();
    const pool = `test-${randomUUID().slice(0, 8)}`;
    const shared = {
      DATABASE_URL: databaseUrl,
      CRUCIBLE_METRICS_PORT: '0',
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint,
    };
    api = await startApiProcess(shared);
    worker = startWorkerProcess({
      ...shared,
      REDIS_URL: testRedisUrl(),
      CRUCIBLE_DATA_DIR: folder,
      CRUCIBLE_STATE_DIR: join(folder, 'state'),
      CRUCIBLE_WORKER_NAME: `worker-of-${pool}`,
      CRUCIBLE_POOL: pool,
      CRUCIBLE_ENGINE: 'cpu',
    });
    const dataset = await writeBars(folder, TINY_BARS);
    const { key } = await store.keys.create('test');
    const answer = await fetch(`${api.url}/v1/jobs`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${key}`,
        'content-type': 'application/json',
        traceparent: `00-${TRACE_ID}-${CALLER_SPAN}-01`,
      },
      body: JSON.stringify(tinySearch(dataset, pool)),
    });
    assert.equal(answer.status, 202);
    job = (await answer.json()) as JobView;
    await eventually(
      'the end of the job',
      async () => {
        const { state, detail } = await store.jobs.get(job.id);
        assert.notEqual(state, 'failed', detail ?? '');
        return state === 'succeeded';
      },
      JOB_LIMIT_MS,
    );
    const metricsOfWorker = /http:[^"]*\/metrics/.exec(worker.log())?.[0] ?? '';
    ofWorker = await scrape(metricsOfWorker);
    // Figures from Postgres are kept for two seconds, and the job may have ended within them.
    ofApi = await eventually('the figures of the finished job', async () => {
      const samples = await scrape(api.metricsUrl ?? '');
      return sampleOf(samples, 'crucible_jobs', { state: 'succeeded' }) === 1 && samples;
    });
  });
  after(async () => {
    await worker?.stop();
    await api?.end('SIGTERM');
    await receiver?.close();
    await rm(folder, { recursive: true });
  });

  for (const process of ['api', 'worker'] as const)
    it(`exposes every metric that the table promises of the ${process}`, () => {
      const samples = process === 'api' ? ofApi : ofWorker;
      const shown = new Set(samples.map(({ name }) => name.replace(/_(bucket|sum|count)$/, '')));
      const promised = Object.entries(METRICS).filter(([, { by }]) => (by as readonly string[]).includes(process));
      assert.deepEqual(
        promised.map(([name]) => name).filter((name) => !shown.has(name)),
        [],
      );
      assert.deepEqual(
        [...shown].filter((name) => !(name in METRICS)),
        [],
      );
      for (const { name, labels } of samples) assert.doesNotMatch(Object.values(labels).join(' '), UUID, name);
    });

  it('counts what the job did', () => {
    assert.equal(sampleOf(ofApi, 'crucible_jobs', { state: 'succeeded', team: 'default' }), 1);
    assert.equal(sampleOf(ofApi, 'crucible_attempts_ended_total', { outcome: 'succeeded', end_code: 'ok' }), 1);
    assert.equal(sampleOf(ofApi, 'crucible_slots'), 1);
    assert.equal(sampleOf(ofApi, 'crucible_scheduler_leader'), 1);
    assert.equal(sampleOf(ofApi, 'crucible_leaders'), 1);
    assert.equal(sampleOf(ofApi, 'crucible_outbox_lag_seconds'), 0);
    assert.ok(sampleOf(ofApi, 'crucible_scheduler_pass_seconds_count') > 0);
    assert.equal(sampleOf(ofApi, 'crucible_http_request_seconds_count', { route: '/v1/jobs', code: '202' }), 1);
    const ratio = sampleOf(ofApi, 'crucible_redis_used_ratio');
    assert.ok(ratio > 0 && ratio < 1, `${ratio}`);
    const physical = sampleOf(ofApi, 'crucible_checkpoint_bytes', { kind: 'physical' });
    assert.ok(physical > 0 && sampleOf(ofApi, 'crucible_checkpoint_bytes', { kind: 'logical' }) > 0, `${physical}`);
    assert.equal(sampleOf(ofApi, 'crucible_gpu_seconds_total', { class: 'lost' }), 0);
    assert.ok(sampleOf(ofApi, 'crucible_gpu_seconds_total', { class: 'productive' }) > 0);

    assert.equal(sampleOf(ofWorker, 'crucible_queue_wait_seconds_count', { tier: 'normal' }), 1);
    assert.equal(sampleOf(ofWorker, 'crucible_dispatch_latency_seconds_count'), 1);
    assert.ok(sampleOf(ofWorker, 'crucible_metric_points_total') > 0);
    assert.ok(sampleOf(ofWorker, 'crucible_checkpoint_seconds_count', { phase: 'store' }) > 0);
    assert.ok(sampleOf(ofWorker, 'crucible_gpu_seconds_total', { class: 'idle' }) > 0);
    assert.equal(sampleOf(ofWorker, 'crucible_fenced_writes_total'), 0);
    assert.equal(sampleOf(ofWorker, 'crucible_spool_bytes'), 0);
    for (const samples of [ofApi, ofWorker]) {
      assert.ok(sampleOf(samples, 'crucible_pg_pool_wait_seconds_count') > 0);
      assert.ok(sampleOf(samples, 'crucible_process_memory_bytes') > 2 ** 24);
    }
  });

  it('traces the job from the caller through submit, dispatch, claim, attempt, checkpoint and finish', async () => {
    const ofJob = (name: string): ReceivedSpan[] =>
      receiver.spans.filter((span) => span.name === name && span.traceId === TRACE_ID);
    await eventually('every step of the trace', async () => ofJob('attempt').length > 0 && ofJob('finish').length > 0);
    const only = (name: string): ReceivedSpan => {
      const [span, ...more] = ofJob(name);
      assert.ok(span !== undefined && more.length === 0, `${name}: ${1 + more.length}`);
      return span;
    };
    const [submit, dispatch, claim, attempt, finish] = ['submit', 'dispatch', 'claim', 'attempt', 'finish'].map(only);
    assert.equal(submit?.parentSpanId, CALLER_SPAN);
    assert.equal(dispatch?.parentSpanId, submit?.spanId);
    assert.equal(claim?.parentSpanId, dispatch?.spanId);
    assert.equal(attempt?.parentSpanId, claim?.spanId);
    assert.equal(finish?.parentSpanId, attempt?.spanId);
    assert.ok(ofJob('checkpoint').length > 0);
    for (const span of ofJob('checkpoint')) assert.equal(span.parentSpanId, attempt?.spanId);
    assert.deepEqual([submit?.service, dispatch?.service], ['crucible-api', 'crucible-api']);
    assert.deepEqual([claim?.service, attempt?.service, finish?.service], Array(3).fill('crucible-worker'));
    assert.equal(attempt?.attributes['crucible.job'], job.id);
    const order = [submit, dispatch, claim, attempt, finish].map((span) => span?.startMs ?? Number.NaN);
    assert.deepEqual(
      order,
      order.toSorted((a, b) => a - b),
    );
    assert.ok((attempt?.endMs ?? 0) >= (finish?.endMs ?? 0));
  });
});
