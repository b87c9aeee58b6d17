/** @file What T23 expects: every route, every role, and the object that the route is called on. Derived by hand. */

/** The columns of every row. `no-key` sends none. */
export const CALLERS = ['viewer', 'member', 'maintainer', 'team-admin', 'operator', 'auditor', 'no-key'] as const;
export type Caller = (typeof CALLERS)[number];

/** Answers in the order of `CALLERS`: the refusing status, or `ok` for everything beyond authorization. */
export type Row = string;

/** The caller's own job or key, and its team; those of a colleague in it; those of a team that the caller is not in. */
export interface ObjectRows {
  own: Row;
  colleague: Row;
  other: Row;
}

//                        viewer member maintainer team-admin operator auditor no-key
const OPEN: Row = /*       */ 'ok  ok  ok  ok  ok  ok  ok';
const EVERY_KEY: Row = /*  */ 'ok  ok  ok  ok  ok  ok  401';
const SUBMITTERS: Row = /* */ '403 ok  ok  ok  403 403 401';
const OPERATORS: Row = /*  */ '403 403 403 403 ok  403 401';

/** `jobs:read` or `checkpoints:read` in the team of the job. */
const READ: ObjectRows = { own: EVERY_KEY, colleague: EVERY_KEY, other: '404 404 404 404 ok  ok  401' };

/** `jobs:write` on one's own job, `jobs:manage` on those of others; an operator has it in every team. */
const COMMAND: ObjectRows = {
  own: '403 ok  ok  ok  ok  403 401',
  colleague: '403 403 ok  ok  ok  403 401',
  other: '404 404 404 404 ok  403 401',
};

/** `jobs:read` on the job, and `jobs:write` in one's own team, where the new job is made. */
const FORK: ObjectRows = { own: SUBMITTERS, colleague: SUBMITTERS, other: '404 404 404 404 403 403 401' };

/** `checkpoints:write`, and `jobs:manage` besides when the job is somebody else's. */
const CHANGE_CHECKPOINT: ObjectRows = {
  own: SUBMITTERS,
  colleague: '403 403 ok  ok  403 403 401',
  other: '404 404 404 404 403 403 401',
};

/** `checkpoints:write` in the team of the job. */
const VERIFY: ObjectRows = { own: SUBMITTERS, colleague: SUBMITTERS, other: '404 404 404 404 403 403 401' };

/** One's own keys; those of the team with `team:manage`, those of all for operators; no others are there. */
const KEY: ObjectRows = {
  own: EVERY_KEY,
  colleague: '404 404 404 ok  ok  404 401',
  other: '404 404 404 404 ok  404 401',
};

/** `team:read`, `team:manage` and `cluster:operate` in the team of the address. */
const READ_TEAM: ObjectRows = { own: EVERY_KEY, colleague: EVERY_KEY, other: '404 404 404 404 ok  ok  401' };
const MANAGE_TEAM: ObjectRows = {
  own: '403 403 403 ok  ok  403 401',
  colleague: '403 403 403 ok  ok  403 401',
  other: '404 404 404 404 ok  403 401',
};
const SET_QUOTAS: ObjectRows = { own: OPERATORS, colleague: OPERATORS, other: '404 404 404 404 ok  403 401' };

/** Every route of the OpenAPI document. Those with a job, checkpoint, key or team in the address have rows by whose it is. */
export const PERMISSION_TABLE: Readonly<Record<string, Row | ObjectRows>> = {
  'get /healthz': OPEN,
  'get /readyz': OPEN,
  'get /v1/version': OPEN,

  'post /v1/session': EVERY_KEY,
  'get /v1/session': EVERY_KEY,
  'delete /v1/session': EVERY_KEY,

  'get /v1/methods': EVERY_KEY,
  'get /v1/methods/{id}': EVERY_KEY,

  'post /v1/jobs': SUBMITTERS,
  'post /v1/job-batches': SUBMITTERS,
  'get /v1/jobs': EVERY_KEY,
  'get /v1/jobs/{id}': READ,
  'patch /v1/jobs/{id}': COMMAND,
  'post /v1/jobs/{id}/fork': FORK,
  'post /v1/jobs/{id}/cancel': COMMAND,
  'post /v1/jobs/{id}/kill': COMMAND,
  'post /v1/jobs/{id}/pause': COMMAND,
  'post /v1/jobs/{id}/resume': COMMAND,
  'post /v1/jobs/{id}/retry': COMMAND,

  'get /v1/jobs/{id}/artifacts': READ,
  'get /v1/jobs/{id}/artifacts/{name}': READ,
  'get /v1/jobs/{id}/attempts': READ,
  'get /v1/jobs/{id}/logs': READ,
  'get /v1/jobs/{id}/logs/stream': READ,
  'get /v1/jobs/{id}/metrics': READ,
  'get /v1/jobs/{id}/metrics/points': READ,
  'post /v1/jobs/{id}/attempts/{number}/metrics': COMMAND,
  'post /v1/metrics/query': EVERY_KEY,

  'get /v1/jobs/{id}/checkpoints': READ,
  'get /v1/jobs/{id}/checkpoints/preview': READ,
  'get /v1/checkpoints/{id}': READ,
  'get /v1/checkpoints/{id}/content': READ,
  'get /v1/checkpoints/{id}/manifest': READ,
  'post /v1/checkpoints/{id}/verify': VERIFY,
  'patch /v1/checkpoints/{id}': CHANGE_CHECKPOINT,
  'delete /v1/checkpoints/{id}': CHANGE_CHECKPOINT,
  'get /v1/usage/storage': EVERY_KEY,

  'get /v1/events': EVERY_KEY,
  'get /v1/stream': EVERY_KEY,

  'get /v1/queue': EVERY_KEY,
  'get /v1/workers': EVERY_KEY,
  'get /v1/scheduling-passes': OPERATORS,
  'get /v1/scheduling-passes/{id}': OPERATORS,
  'post /v1/workers/{id}/cordon': OPERATORS,
  'post /v1/workers/{id}/uncordon': OPERATORS,
  'post /v1/workers/{id}/drain': OPERATORS,
  'post /v1/workers/{id}/undrain': OPERATORS,

  'get /v1/me': EVERY_KEY,
  'get /v1/api-keys': EVERY_KEY,
  'post /v1/api-keys': EVERY_KEY,
  'post /v1/api-keys/{id}/rotate': KEY,
  'delete /v1/api-keys/{id}': KEY,

  'get /v1/teams': EVERY_KEY,
  'post /v1/teams': OPERATORS,
  'patch /v1/teams/{id}': SET_QUOTAS,
  'get /v1/teams/{id}/members': READ_TEAM,
  'put /v1/teams/{id}/members/{user}': MANAGE_TEAM,
  'delete /v1/teams/{id}/members/{user}': MANAGE_TEAM,
  'get /v1/users': OPERATORS,
  'post /v1/users': OPERATORS,
  'get /v1/audit': '403 403 403 ok  ok  ok  401',
};
