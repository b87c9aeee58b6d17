import {
  ArtifactList,
  ArtifactView,
  AttemptList,
  AttemptView,
  CheckpointList,
  CheckpointView,
  EventPage,
  FeedEvent,
  ForkJob,
  JobPage,
  JobView,
  LogPage,
  MethodList,
  MethodView,
  PointsView,
  Problem,
  QueueView,
  Readiness,
  SeriesList,
  SeriesView,
  SubmitJob,
  WorkerList,
  WorkerView,
} from '@crucible/contracts';

/** Every schema of the contracts that has a name of its own in the OpenAPI document. */
export const NAMED_SCHEMAS = [
  ArtifactList,
  ArtifactView,
  AttemptList,
  AttemptView,
  CheckpointList,
  CheckpointView,
  EventPage,
  FeedEvent,
  ForkJob,
  JobPage,
  JobView,
  LogPage,
  MethodList,
  MethodView,
  PointsView,
  Problem,
  QueueView,
  Readiness,
  SeriesList,
  SeriesView,
  SubmitJob,
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

/** The component itself: its own name stays, the named schemas inside it become references. */
export const asComponent = (schema: object): Json => membersReferenced(schema);

const membersReferenced = (node: object): Json =>
  Object.fromEntries(Object.entries(node).map(([key, member]) => [key, withReferences(member)]));
