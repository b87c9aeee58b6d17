import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { DEFAULT_POOL, EngineInfo, fits, LEASE_SECONDS, LOG_LEVELS, type LogLevel } from '@crucible/contracts';

export type EngineName = EngineInfo['name'];

/** All settings of a worker, checked. */
export interface WorkerConfig {
  databaseUrl: string;
  redisUrl: string;
  /** holds the datasets */
  dataDir: string;
  /** records of running children, and what they write until it is uploaded; for one worker at a time */
  stateDir: string;
  engine: 'auto' | EngineName;
  /** threads of one child; null: the cores are shared out over the slots */
  engineThreads: number | null;
  /** Winograd's algorithm in the native engine */
  engineWinograd: boolean;
  /** what convolutions and large matrix products of the native engine read */
  enginePrecision: 'f32' | 'bf16';
  /** file of the native engine; null: beside its package */
  engineAddon: string | null;
  /** `auto` may take a GPU that is simulated on the CPU */
  allowSoftwareGpu: boolean;
  /** stays the same over restarts */
  workerName: string;
  pool: string;
  /** end when standard input ends */
  isSupervised: boolean;
  /** where Prometheus reads; null: nowhere */
  metrics: { host: string; port: number } | null;
  /** receiver of traces; null: none */
  otlpEndpoint: string | null;
  logLevel: LogLevel;
  /** time that a child gets for a last checkpoint when the worker shuts down */
  graceMs: number;
  /** time that an attempt stays this worker's after a heartbeat; as in every process of the cluster */
  leaseMs: number;
  /** what may wait on the disk while the database is away */
  spoolLimitBytes: number;
  /** environment of the children: without what would let a method reach the services */
  childEnv: Readonly<Record<string, string>>;
}

type Environment = Readonly<Record<string, string | undefined>>;

const SECRET = /^(DATABASE_URL|REDIS_URL|PG[A-Z]+)$|PASSWORD|SECRET|TOKEN|API_KEY/i;

/**
 * Reads the settings from `env`.
 *
 * @throws Error that lists every variable that is missing or wrong, with what it should be
 */
export function loadConfig(env: Environment): WorkerConfig {
  const faults: string[] = [];
  const read = <T>(name: string, fallback: T | undefined, parse: (text: string) => T | undefined, want: string): T => {
    const text = env[name]?.trim();
    if ((text === undefined || text === '') && fallback !== undefined) return fallback;
    const value = text === undefined || text === '' ? undefined : parse(text);
    if (value === undefined)
      faults.push(`${name} ${text ? `is "${hideUrl(text)}", but must be` : 'must be set to'} ${want}`);
    return value as T; // never seen when undefined: the faults are thrown first
  };
  const config: WorkerConfig = {
    databaseUrl: read(
      'DATABASE_URL',
      undefined,
      urlOf(['postgres:', 'postgresql:']),
      'postgresql://USER:PASSWORD@HOST:PORT/DATABASE',
    ),
    redisUrl: read('REDIS_URL', undefined, urlOf(['redis:', 'rediss:']), 'redis://HOST:PORT'),
    dataDir: read('CRUCIBLE_DATA_DIR', undefined, resolvePath, 'the folder that holds the datasets'),
    stateDir: read('CRUCIBLE_STATE_DIR', undefined, resolvePath, 'a folder of its own for this worker'),
    engine: read('CRUCIBLE_ENGINE', 'auto', engineOf, 'auto, tfjs-node-gpu, tfjs-node, webgpu, onednn or cpu'),
    engineThreads: read('CRUCIBLE_ENGINE_THREADS', null, integerOf(1, 1024), 'a whole number from 1 to 1024'),
    engineWinograd: read('CRUCIBLE_ENGINE_WINOGRAD', true, switchOf, 'on or off'),
    enginePrecision: read('CRUCIBLE_ENGINE_PRECISION', 'f32', precisionOf, 'f32 or bf16'),
    engineAddon: read('CRUCIBLE_ENGINE_ADDON', null, resolvePath, 'the file of the native engine'),
    allowSoftwareGpu: read('CRUCIBLE_ALLOW_SOFTWARE_GPU', false, flagOf, '1 or 0'),
    workerName: read(
      'CRUCIBLE_WORKER_NAME',
      hostname(),
      matching(/^[\w.-]{1,100}$/),
      'up to 100 letters, digits, ".", "_" or "-"',
    ),
    pool: read('CRUCIBLE_POOL', DEFAULT_POOL, matching(/^[a-z0-9-]{1,40}$/), 'up to 40 small letters, digits or "-"'),
    isSupervised: read('CRUCIBLE_SUPERVISED', false, flagOf, '1 or 0'),
    metrics: null,
    otlpEndpoint: read('OTEL_EXPORTER_OTLP_ENDPOINT', null, urlOf(['http:', 'https:']), 'http://HOST:4318'),
    logLevel: read('CRUCIBLE_LOG_LEVEL', 'info', levelOf, LOG_LEVELS.join(', ')),
    graceMs: 1000 * read('CRUCIBLE_GRACE_SECONDS', 8, integerOf(0, 3600), 'a whole number from 0 to 3600'),
    leaseMs: 1000 * read('CRUCIBLE_LEASE_SECONDS', LEASE_SECONDS, integerOf(1, 600), 'a whole number from 1 to 600'),
    spoolLimitBytes:
      2 ** 20 * read('CRUCIBLE_SPOOL_MIB', 2048, integerOf(1, 2 ** 20), 'a whole number of MiB, at least 1'),
    childEnv: Object.fromEntries(
      Object.entries(env).filter(
        (entry): entry is [string, string] => entry[1] !== undefined && !SECRET.test(entry[0]),
      ),
    ),
  };
  const metricsHost = read('CRUCIBLE_METRICS_HOST', '127.0.0.1', (text) => text, 'an address to listen on');
  const metricsPort = read('CRUCIBLE_METRICS_PORT', null, integerOf(0, 65_535), 'a port; 0 takes any free one');
  if (metricsPort !== null) config.metrics = { host: metricsHost, port: metricsPort };
  if (faults.length > 0) throw new Error(`The worker cannot start:\n${faults.map((fault) => `  ${fault}`).join('\n')}`);
  return Object.freeze(config);
}

/** What stands before the `@` of an address is a password as a rule, and errors are logged. */
const hideUrl = (text: string): string => text.replace(/\/\/[^@/]*@/, '//...@');

const urlOf = (protocols: string[]) => (text: string) =>
  URL.canParse(text) && protocols.includes(new URL(text).protocol) ? text : undefined;

const resolvePath = (text: string) => resolve(text);

const engineOf = (text: string) => (text === 'auto' || fits(EngineInfo.properties.name, text) ? text : undefined);

const integerOf = (least: number, most: number) => (text: string) => {
  const value = Number(text);
  return Number.isInteger(value) && value >= least && value <= most ? value : undefined;
};

const matching = (pattern: RegExp) => (text: string) => (pattern.test(text) ? text : undefined);

const precisionOf = (text: string) => (text === 'f32' || text === 'bf16' ? text : undefined);

const switchOf = (text: string) => (text === 'on' ? true : text === 'off' ? false : undefined);

const flagOf = (text: string) => (text === '1' ? true : text === '0' ? false : undefined);

const levelOf = (text: string) => LOG_LEVELS.find((level) => level === text);
