import type { AuditRecord } from '@crucible/store';
import type { FastifyRequest } from 'fastify';
import plugin from 'fastify-plugin';
import { auditedFields } from '../audited-fields.ts';
import { coalesced } from '../coalesced.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** whether requests of this route are audited @defaultValue every method but GET, HEAD and OPTIONS */
    isAudited?: boolean;
  }
  interface FastifyRequest {
    /** id of what the answer tells of, for the audit; null for other answers */
    answeredId: string | null;
    /** whether the audit has the request already */
    isRecorded: boolean;
    /** address of the sender, which is no longer known when it has hung up */
    senderIp: string;
  }
}

const READING = ['GET', 'HEAD', 'OPTIONS'];
const UNAUTHENTICATED = 401;
/** Rows of one statement. */
const BATCH = 500;

/** Requests without any key are none of somebody's: they could fill the table, and change nothing. */
function isAudited(request: FastifyRequest, status: number): boolean {
  if (request.is404) return false;
  if (status === UNAUTHENTICATED && request.headers.authorization === undefined) return false;
  return request.routeOptions.config.isAudited ?? !READING.includes(request.method);
}

/** What the address names: `vision/ada` for a member of a team. */
function addressed(request: FastifyRequest): string | null {
  const parts = Object.values((request.params ?? {}) as Record<string, string>);
  return parts.length > 0 ? parts.join('/') : null;
}

function recordOf(request: FastifyRequest, status: number): AuditRecord {
  const { principal } = request;
  return {
    time: new Date().toISOString(),
    keyId: principal?.id ?? null,
    userId: principal?.userId ?? null,
    teamId: principal?.teamId ?? null,
    ip: request.senderIp,
    verb: request.method,
    route: request.routeOptions.url ?? '',
    objectId: addressed(request) ?? request.answeredId,
    status,
    requestId: request.id,
    fields: auditedFields(request.body),
  };
}

/**
 * One row for every request that changes something, refused ones included. Rows are written together, after the
 * answers; what cannot be stored is logged whole, so that none is lost in silence.
 */
export const audit = plugin(
  async (app) => {
    let waiting: AuditRecord[] = [];
    const store = async (records: readonly AuditRecord[]): Promise<void> => {
      try {
        await app.store.audit.append(records);
      } catch (error) {
        for (const record of records) app.log.error({ err: error, audit: record }, 'audit entry not stored');
      }
    };
    const writer = coalesced(async () => {
      while (waiting.length > 0) {
        const batch = waiting.slice(0, BATCH);
        waiting = waiting.slice(BATCH);
        await store(batch);
      }
    });
    app.decorateRequest('answeredId', null);
    app.decorateRequest('isRecorded', false);
    app.decorateRequest('senderIp', '');
    app.addHook('onRequest', async (request) => {
      request.senderIp = request.ip ?? ''; // undefined when the connection is gone by now
    });
    app.addHook('preSerialization', async (request, _reply, payload) => {
      if (typeof payload === 'object' && payload !== null && 'id' in payload) request.answeredId = String(payload.id);
      return payload;
    });
    // Not onResponse, which a client that hangs up in time keeps from happening.
    app.addHook('onSend', async (request, reply) => {
      if (request.isRecorded || !isAudited(request, reply.statusCode)) return;
      request.isRecorded = true; // an answer that fails while it is sent comes here again
      waiting.push(recordOf(request, reply.statusCode));
      writer.trigger();
    });
    app.addHook('onClose', async () => writer.settled());
  },
  { name: 'audit', dependencies: ['store'] },
);
