import { AuditPage, AuditQuery } from '@crucible/contracts';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { problems } from '../openapi/route-schemas.ts';
import { strictQuery } from '../openapi/strict-query.ts';
import { principalOf } from '../plugins/auth.ts';

/** `/v1/audit`: who changed what. */
export const auditRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.get(
    '/audit',
    {
      config: { access: 'audit:read' },
      schema: {
        operationId: 'listAudit',
        summary: 'Read who changed what, or was refused to, newest first',
        description: 'A team-admin reads what keys of the team did; operators and auditors read everything.',
        tags: ['access'],
        querystring: strictQuery(AuditQuery),
        response: { 200: AuditPage, ...problems('invalid-request', 'forbidden') },
      },
    },
    async (request) => {
      const principal = principalOf(request);
      const isEverywhere = principal.granted.everywhere.includes('audit:read');
      return app.store.audit.page(request.query, isEverywhere ? null : principal.teamId);
    },
  );
};
