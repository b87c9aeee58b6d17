import { HOSTILE, hostileText, mutate, oneOf } from './hostile.ts';
import { type SampleOptions, type Schema, sample } from './schema-sample.ts';

interface Operation {
  parameters?: { in: string; name: string; schema: Schema }[];
  requestBody?: { content: Record<string, { schema: Schema }> };
}

/** What this reads of an OpenAPI document. */
export interface OpenApiDocument {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema> };
}

/** One request to be sent. */
export interface FuzzedRequest {
  /** METHOD PATH of the document */
  route: string;
  method: string;
  address: string;
  headers: Record<string, string>;
  body?: string;
}

/** Path parameters that are no id of a job, checkpoint, worker or the like, by name. */
const OTHER_PARAMETERS: Record<string, readonly string[]> = { number: ['1', '2', '0'], name: ['own', 'best'] };

const GARBAGE = [
  '%00',
  '%ff',
  '%',
  '..%2f..',
  '-1',
  '9'.repeat(30),
  '%F0%9F%92%A9',
  'null',
  "' or 1=1 --",
  'x'.repeat(300),
];

/** Headers that routes read, each with values that fit and values that do not. */
const HEADERS: Record<string, readonly string[]> = {
  'idempotency-key': ['a', 'b', 'x'.repeat(300), 'with space', '"'],
  'if-match': ['"v1"', '"v2"', '*', 'W/"v1"', '""', 'v1'],
  'if-none-match': ['"v1"', '*', '"a", "b"', '"'],
  range: ['bytes=0-', 'bytes=0-0', 'bytes=-1', 'bytes=9-1', 'bytes=0-1,5-6', 'bytes=99999999999999999999-', 'lines=1'],
  'last-event-id': ['0', '1', '-1', 'x', '9'.repeat(20)],
  accept: ['*/*', 'text/html', 'text/event-stream', 'application/json;q=0', 'x'],
  'accept-encoding': ['gzip', 'identity;q=0', '*', 'x'],
  'content-encoding': ['gzip', 'identity', 'x'],
  'content-type': [
    'application/json; charset=utf-8',
    'text/plain',
    'application/xml',
    '',
    'application/json;x',
    'a/b/c',
  ],
  traceparent: [`00-${'1'.repeat(32)}-${'2'.repeat(16)}-01`, 'x'],
  'x-request-id': ['ok', 'a b', 'x'.repeat(100)],
  'x-forwarded-for': ['127.0.0.1', 'x'],
  'x-http-method-override': ['DELETE'],
  cookie: ['a=b', 'crucible-session=x.y', '=;=', ';;;'],
  origin: ['http://elsewhere.example', 'null'],
};

const textOf = (value: unknown): string => (typeof value === 'object' ? JSON.stringify(value) : String(value));

/**
 * Gives requests without end: every route of the document about equally often, addresses with ids of `ids`, queries and
 * bodies made from the schemas and then broken in some places, headers at random.
 */
export function* fuzzedRequests(
  document: OpenApiDocument,
  { draw, ids }: Pick<SampleOptions, 'draw' | 'ids'>,
): Generator<FuzzedRequest, never> {
  // Not into the text of bodies: it is stored, and an id that comes back with it would look like a leak.
  const options: SampleOptions = { draw, ids, components: document.components.schemas, isTextOfIds: false };
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );
  const encoded = (value: string): string => encodeURIComponent(value.replace(/\p{Surrogate}/gu, ''));

  const pathOf = (path: string): string =>
    path.replace(/\{(\w+)\}/g, (_, name: string) =>
      draw(12) === 0 ? oneOf(draw, GARBAGE) : encoded(oneOf(draw, OTHER_PARAMETERS[name] ?? ids)),
    );

  const queryOf = (parameters: NonNullable<Operation['parameters']>): string => {
    const pairs = parameters
      .filter((parameter) => parameter.in === 'query' && draw(3) === 0)
      .map(({ name, schema }) => {
        if (draw(6) === 0) return `${name}=${oneOf(draw, GARBAGE)}`;
        const value = draw(5) === 0 ? oneOf(draw, HOSTILE) : sample(schema, { ...options, isTextOfIds: true });
        return `${name}=${encoded(name === 'wait' && typeof value === 'number' ? '0' : textOf(value))}`;
      });
    if (draw(20) === 0) pairs.push(`${encoded(textOf(oneOf(draw, HOSTILE)))}=1`);
    return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
  };

  const bodyOf = (operation: Operation): string | undefined => {
    const schema = operation.requestBody?.content['application/json']?.schema;
    if (schema === undefined) return draw(10) === 0 ? hostileText(oneOf(draw, HOSTILE), draw) : undefined;
    let body = sample(schema, options);
    for (let changes = draw(4); changes > 0; changes--) body = mutate(body, draw, Object.keys(schema.properties ?? {}));
    return hostileText(body, draw);
  };

  for (;;) {
    const { path, method, operation } = oneOf(draw, operations);
    const body = method === 'get' ? undefined : bodyOf(operation);
    const headers: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' };
    for (const [name, values] of Object.entries(HEADERS)) if (draw(15) === 0) headers[name] = oneOf(draw, values);
    yield {
      route: `${method} ${path}`,
      method: method.toUpperCase(),
      address: pathOf(path) + queryOf(operation.parameters ?? []),
      headers,
      ...(body === undefined ? {} : { body }),
    };
  }
}
