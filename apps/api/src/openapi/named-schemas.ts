import {
  ApiKeyList,
  ApiKeyView,
  ArtifactList,
  ArtifactView,
  AttemptList,
  AttemptView,
  AuditEntry,
  AuditPage,
  ChangeCheckpoint,
  CheckpointCheck,
  CheckpointList,
  CheckpointView,
  CompareMetrics,
  Comparison,
  CreateApiKey,
  CreateTeam,
  CreateUser,
  EventPage,
  FeedEvent,
  ForkJob,
  JobPage,
  JobView,
  KeepPreview,
  LogPage,
  MemberList,
  MemberView,
  MethodList,
  MethodView,
  MetricColumns,
  MetricReceipt,
  MeView,
  NewApiKey,
  PatchJob,
  PatchTeam,
  PointsView,
  Problem,
  PutMember,
  QueueView,
  Readiness,
  RotateApiKey,
  SchedulingPassList,
  SchedulingPassSummary,
  SchedulingPassView,
  SeriesList,
  SeriesView,
  SessionView,
  StorageUsage,
  SubmitBatch,
  SubmitJob,
  SubmittedBatch,
  TeamList,
  TeamView,
  UserList,
  UserView,
  VersionView,
  WorkerList,
  WorkerView,
} from '@crucible/contracts';

/** Every schema of the contracts that has a name of its own in the OpenAPI document. */
export const NAMED_SCHEMAS = [
  ApiKeyList,
  ApiKeyView,
  CreateApiKey,
  NewApiKey,
  RotateApiKey,
  AuditEntry,
  AuditPage,
  CreateTeam,
  MemberList,
  MemberView,
  PatchTeam,
  PutMember,
  TeamList,
  TeamView,
  CreateUser,
  MeView,
  UserList,
  UserView,
  ArtifactList,
  ArtifactView,
  AttemptList,
  AttemptView,
  ChangeCheckpoint,
  CheckpointCheck,
  CheckpointList,
  CheckpointView,
  EventPage,
  FeedEvent,
  ForkJob,
  JobPage,
  JobView,
  KeepPreview,
  LogPage,
  CompareMetrics,
  Comparison,
  MetricColumns,
  MetricReceipt,
  MethodList,
  MethodView,
  PatchJob,
  PointsView,
  Problem,
  QueueView,
  SchedulingPassList,
  SchedulingPassSummary,
  SchedulingPassView,
  Readiness,
  SeriesList,
  SeriesView,
  SessionView,
  SubmitBatch,
  StorageUsage,
  SubmitJob,
  VersionView,
  SubmittedBatch,
  WorkerList,
  WorkerView,
] as const;

/** A schema, or any part of one, as plain JSON. */
type Json = unknown;

const nameOf = (node: object): string | undefined => {
  const name = (node as { $id?: unknown }).$id;
  return typeof name === 'string' ? name : undefined;
};

/** A copy in which each named schema, at any depth, is a reference to its component. */
export function withReferences(node: Json): Json {
  if (Array.isArray(node)) return node.map(withReferences);
  if (typeof node !== 'object' || node === null) return node;
  const name = nameOf(node);
  return name === undefined ? membersReferenced(node) : { $ref: `${name}#` };
}

/** Components that a client sends: what has a default may be left out there, though it is always there once resolved. */
const INPUTS: readonly object[] = [
  CompareMetrics,
  CreateApiKey,
  CreateUser,
  RotateApiKey,
  SubmitJob,
  ForkJob,
  SubmitBatch,
];

/** The component itself: its own name stays, the named schemas inside it become references. */
export const asComponent = (schema: object): Json => {
  const component = membersReferenced(schema);
  return INPUTS.includes(schema) ? asInput(component) : component;
};

/** A copy in which no property that has a default is required. */
export function asInput(node: Json): Json {
  if (Array.isArray(node)) return node.map(asInput);
  if (typeof node !== 'object' || node === null) return node;
  const copy = Object.fromEntries(Object.entries(node).map(([key, member]) => [key, asInput(member)]));
  const { required, properties } = copy;
  if (!Array.isArray(required) || typeof properties !== 'object' || properties === null) return copy;
  const hasDefault = (name: string): boolean => {
    const property: unknown = (properties as Record<string, unknown>)[name];
    return typeof property === 'object' && property !== null && 'default' in property;
  };
  return { ...copy, required: required.filter((name: string) => !hasDefault(name)) };
}

const membersReferenced = (node: object): Json =>
  Object.fromEntries(Object.entries(node).map(([key, member]) => [key, withReferences(member)]));
