import { CrucibleError, faultsOf, LEASE_SECONDS, LOG_LEVELS } from '@crucible/contracts';
import type { RetentionDays } from '@crucible/store';
import { type Static, Type } from 'typebox';
import { Value } from 'typebox/value';

const Database = {
  DATABASE_URL: Type.String({
    pattern: '^postgres(ql)?://',
    description: 'postgresql://USER:PASSWORD@HOST:PORT/DATABASE',
  }),
};

/** What `create-key` needs of the environment. */
const DatabaseEnvironment = Type.Object(Database);

const daysKept = (days: number, what: string) =>
  Type.Integer({
    minimum: 0,
    maximum: 36_500,
    default: days,
    description: `days for which ${what} are kept, 0: for ever`,
  });

/** Every variable that the API reads. */
export const Environment = Type.Object({
  ...Database,
  REDIS_URL: Type.String({ pattern: '^rediss?://', description: 'redis://HOST:PORT' }),
  CRUCIBLE_HOST: Type.String({ minLength: 1, default: '127.0.0.1', description: 'address to listen on' }),
  CRUCIBLE_PORT: Type.Integer({ minimum: 0, maximum: 65_535, default: 0, description: '0: any free port' }),
  CRUCIBLE_DASHBOARD_DIR: Type.Optional(Type.String({ minLength: 1, description: 'built dashboard, served under /' })),
  CRUCIBLE_KEEP_POINTS_DAYS: daysKept(180, 'points of metrics, after their job has ended'),
  CRUCIBLE_KEEP_LOGS_DAYS: daysKept(60, 'log lines, after their job has ended'),
  CRUCIBLE_KEEP_EVENTS_DAYS: daysKept(400, 'events of the change feed'),
  CRUCIBLE_SCRUB_DAYS: Type.Integer({
    minimum: 1,
    maximum: 365,
    default: 14,
    description: 'days within which every stored chunk is read again',
  }),
  CRUCIBLE_SUPERVISED: Type.Boolean({ default: false, description: 'stop when standard input ends' }),
  CRUCIBLE_LEASE_SECONDS: Type.Integer({
    minimum: 1,
    maximum: 600,
    default: LEASE_SECONDS,
    description: "time that an attempt stays its worker's after a heartbeat; as in every process of the cluster",
  }),
  CRUCIBLE_METRICS_HOST: Type.String({ minLength: 1, default: '127.0.0.1', description: 'address for Prometheus' }),
  CRUCIBLE_METRICS_PORT: Type.Optional(
    Type.Integer({ minimum: 0, maximum: 65_535, description: 'serves /metrics; unset: nowhere, 0: any free port' }),
  ),
  OTEL_EXPORTER_OTLP_ENDPOINT: Type.Optional(
    Type.String({ pattern: '^https?://', description: 'http://HOST:4318, gets traces; unset: no traces' }),
  ),
  CRUCIBLE_LOG_LEVEL: Type.Enum([...LOG_LEVELS, 'fatal', 'silent'], { default: 'info' }),
});

/** The checked environment of the API. */
export interface Config {
  readonly databaseUrl: string;
  readonly redisUrl: string;
  readonly host: string;
  readonly port: number;
  readonly dashboardDir: string | null;
  readonly scrubDays: number;
  /** in days */
  readonly retention: RetentionDays;
  readonly isSupervised: boolean;
  readonly leaseSeconds: number;
  /** where Prometheus reads; null: nowhere */
  readonly metrics: { readonly host: string; readonly port: number } | null;
  /** receiver of traces; null: none */
  readonly otlpEndpoint: string | null;
  readonly logLevel: string;
}

type Variables = Readonly<Record<string, string | undefined>>;

/** An empty variable counts as absent, as `docker compose` passes unset ones. */
function read<S extends Parameters<typeof faultsOf>[0]>(schema: S, env: Variables): Static<S> {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
  const values = Value.Convert(schema, Value.Default(schema, given));
  const faults = faultsOf(schema, values).map(({ pointer, message }) => ({ pointer: pointer.slice(1), message }));
  if (faults.length > 0)
    throw new CrucibleError(
      'invalid-request',
      `The environment has ${faults.length === 1 ? 'a fault' : `${faults.length} faults`}: ${faults
        .map(({ pointer, message }) => `${pointer} ${message}`)
        .join('; ')}.`,
      { faults },
    );
  return values as Static<S>;
}

/**
 * Reads and checks the environment.
 *
 * @throws CrucibleError `invalid-request` that names every bad variable at once, never a value
 */
export function loadConfig(env: Variables): Config {
  const values = read(Environment, env);
  return Object.freeze({
    databaseUrl: values.DATABASE_URL,
    redisUrl: values.REDIS_URL,
    host: values.CRUCIBLE_HOST,
    port: values.CRUCIBLE_PORT,
    dashboardDir: values.CRUCIBLE_DASHBOARD_DIR ?? null,
    scrubDays: values.CRUCIBLE_SCRUB_DAYS,
    retention: {
      points: values.CRUCIBLE_KEEP_POINTS_DAYS,
      logs: values.CRUCIBLE_KEEP_LOGS_DAYS,
      events: values.CRUCIBLE_KEEP_EVENTS_DAYS,
    },
    isSupervised: values.CRUCIBLE_SUPERVISED,
    leaseSeconds: values.CRUCIBLE_LEASE_SECONDS,
    metrics:
      values.CRUCIBLE_METRICS_PORT === undefined
        ? null
        : { host: values.CRUCIBLE_METRICS_HOST, port: values.CRUCIBLE_METRICS_PORT },
    otlpEndpoint: values.OTEL_EXPORTER_OTLP_ENDPOINT ?? null,
    logLevel: values.CRUCIBLE_LOG_LEVEL,
  });
}

/** The one variable that a command line tool on the database needs. @throws as `loadConfig` */
export const loadDatabaseUrl = (env: Variables): string => read(DatabaseEnvironment, env).DATABASE_URL;
