import { CrucibleError, type Fault, faultsOf, resolve } from '@crucible/contracts';
import type { FastifyRouteSchemaDef } from 'fastify/types/schema.js';
import plugin from 'fastify-plugin';
import type { TSchema } from 'typebox';
import { Value } from 'typebox/value';
import { limitFaults } from '../json-limits.ts';

const PLACES: Readonly<Record<string, string>> = {
  body: 'body',
  querystring: 'query string',
  headers: 'headers',
};

type Checked = { value: unknown } | { error: Error };

/** The error is returned, not thrown, as Fastify wants it. */
function checked(part: string, schema: TSchema, data: unknown): Checked {
  if (part === 'body') {
    const resolved = resolve(schema, data ?? {}); // an absent body is an empty one
    return resolved.value === null ? { error: refusal(part, resolved.faults) } : { value: resolved.value };
  }
  // Query and path hold strings: numbers are read from them first. `limitFaults` keeps out what Postgres cannot hold.
  const value = Value.Convert(schema, Value.Default(schema, { ...(data as object) }));
  const faults = [...limitFaults(data), ...faultsOf(schema, value), ...unsafeIntegers(value)];
  return faults.length > 0 ? { error: refusal(part, faults) } : { value };
}

/** Numbers that were not read exactly, and that no column of Postgres would hold. */
const unsafeIntegers = (parameters: unknown): Fault[] =>
  Object.entries(parameters as Record<string, unknown>)
    .filter(([, value]) => Number.isInteger(value) && !Number.isSafeInteger(value))
    .map(([name]) => ({ pointer: `/${name}`, message: 'is out of range' }));

function refusal(part: string, faults: readonly Fault[]): CrucibleError {
  // An id that cannot exist is treated as one that does not.
  if (part === 'params') {
    const what = faults.map(({ pointer, message }) => `${pointer.slice(1)} ${message}`).join('; ');
    return new CrucibleError('not-found', `There is no such object: ${what}.`);
  }
  const count = faults.length === 1 ? 'a fault' : `${faults.length} faults`;
  return new CrucibleError('invalid-request', `The ${PLACES[part] ?? part} has ${count}.`, { faults });
}

/** How Fastify asks for a validator; `schema` is any schema of our routes. */
type Wanted = FastifyRouteSchemaDef<TSchema>;

const validatorOf = ({ schema, httpPart }: Wanted) => {
  const part = httpPart ?? 'body';
  return (data: unknown) => checked(part, schema, data);
};

/** For a route that checks its body itself, together with what the body's schema cannot say. */
export const bodyCheckedByRoute = (wanted: Wanted): ((data: unknown) => Checked | boolean) =>
  wanted.httpPart === 'body' ? () => true : validatorOf(wanted);

/**
 * The contracts' own validator for every part of a request, so that a fault reads the same wherever it is found:
 * defaults filled, unknown keys refused, all faults at once.
 *
 * Answers are written as they are: their types come from the same schemas, and the contract tests hold them to it.
 */
export const validation = plugin(
  async (app) => {
    app.setValidatorCompiler<TSchema>(validatorOf);
    app.setSerializerCompiler(() => (data) => JSON.stringify(data));
  },
  { name: 'validation' },
);
