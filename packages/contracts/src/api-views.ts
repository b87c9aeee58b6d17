import { type Static, Type } from 'typebox';
import { ArtifactDescriptor, MetricDescriptor } from './method.ts';
import { CLUSTER_ROLE_NAMES, TEAM_ROLE_NAMES } from './permission.ts';

export const PresetView = Type.Object({
  name: Type.String(),
  description: Type.String(),
  config: Type.Unknown(),
  expectedMinutes: Type.Number(),
  expectedResult: Type.String(),
});

export const MethodView = Type.Object(
  {
    id: Type.String(),
    version: Type.String(),
    title: Type.String(),
    description: Type.String(),
    paper: Type.Object({ title: Type.String(), arxiv: Type.String() }),
    config: Type.Unknown({ description: 'JSON Schema of the config, with defaults and descriptions' }),
    summary: Type.Unknown({ description: 'JSON Schema of the final values' }),
    metrics: Type.Array(MetricDescriptor),
    artifacts: Type.Array(ArtifactDescriptor),
    presets: Type.Array(PresetView),
  },
  { $id: 'Method' },
);
export type MethodView = Static<typeof MethodView>;

export const MethodList = Type.Object(
  { data: Type.Array(Type.Pick(MethodView, ['id', 'version', 'title', 'description', 'paper'])) },
  { $id: 'MethodList' },
);
export type MethodList = Static<typeof MethodList>;

export const Readiness = Type.Object(
  {
    status: Type.Enum(['ready', 'degraded', 'down']),
    postgres: Type.Boolean(),
    redis: Type.Boolean(),
    leader: Type.Boolean({ description: 'some API process runs the scheduler' }),
    degraded: Type.Array(Type.String(), {
      description: 'what does not work now: dispatch, feed, migrations, everything',
    }),
    reasons: Type.Array(Type.String(), { description: 'a sentence for each: why, and what still works' }),
  },
  { $id: 'Readiness' },
);
export type Readiness = Static<typeof Readiness>;

export const VersionView = Type.Object(
  {
    version: Type.String({ description: 'of the API process that answers' }),
    migration: Type.String({ description: 'the newest migration that it needs' }),
  },
  { $id: 'Version' },
);
export type VersionView = Static<typeof VersionView>;

/** Who is signed in. */
export const SessionView = Type.Object(
  {
    user: Type.String({ description: 'name of the user' }),
    team: Type.String(),
    role: Type.Union([Type.Enum(TEAM_ROLE_NAMES), Type.Null()], { description: 'in the team' }),
    clusterRole: Type.Union([Type.Enum(CLUSTER_ROLE_NAMES), Type.Null()]),
    csrfToken: Type.Union([Type.String(), Type.Null()], {
      description: 'to be sent in `X-CSRF-Token` with every change; null: the request came with a key',
    }),
    expiresAt: Type.Union([Type.String({ format: 'date-time' }), Type.Null()]),
  },
  { $id: 'Session' },
);
export type SessionView = Static<typeof SessionView>;
