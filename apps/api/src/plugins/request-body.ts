import { CrucibleError } from '@crucible/contracts';
import plugin from 'fastify-plugin';
import { limitFaults } from '../json-limits.ts';

/** Largest body that is read, in bytes. */
export const BODY_LIMIT_BYTES = 1024 * 1024;

/** The document, or null for an empty body. @throws CrucibleError `invalid-request` */
function parseJson(text: string): unknown {
  if (text.trim() === '') return null;
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (cause) {
    throw new CrucibleError('invalid-request', 'The body is not well-formed JSON.', { cause });
  }
  const faults = limitFaults(document);
  if (faults.length > 0) throw new CrucibleError('invalid-request', 'The body goes beyond a limit.', { faults });
  return document;
}

/** Bodies are JSON and nothing else; every other type is `unsupported-media-type`. */
export const requestBody = plugin(
  async (app) => {
    app.removeAllContentTypeParsers();
    app.addContentTypeParser('application/json', { parseAs: 'string' }, async (_request: unknown, text: string) =>
      parseJson(text),
    );
  },
  { name: 'request-body' },
);
