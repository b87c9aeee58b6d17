import { type Static, Type } from 'typebox';

const sha256 = Type.Optional(
  Type.String({
    pattern: '^[0-9a-f]{64}$',
    description: 'of the bytes, of a checkpoint that of its manifest; filled in once known',
  }),
);

/**
 * Bytes that another job has left, where a config takes a structure, weights or a teacher.
 *
 * Resolved at submit, or when the job that it names has succeeded: from then on it carries the hash of the bytes, so
 * that every attempt reads the same ones. A job that reads from another needs its success.
 */
export const Reference = Type.Union(
  [
    Type.Object(
      {
        fromJob: Type.String({ minLength: 1, maxLength: 64, description: 'id of a job; in a batch, its ref' }),
        artifact: Type.String({ minLength: 1, maxLength: 200, description: 'name of a file that the job leaves' }),
        sha256,
      },
      { additionalProperties: false },
    ),
    Type.Object(
      { fromCheckpoint: Type.String({ format: 'uuid', description: 'read as safetensors' }), sha256 },
      { additionalProperties: false },
    ),
    Type.Object(
      { fromArtifact: Type.String({ pattern: '^[0-9a-f]{64}$', description: 'SHA-256 of an artifact' }), sha256 },
      { additionalProperties: false },
    ),
  ],
  { description: 'bytes that another job has left' },
);
export type Reference = Static<typeof Reference>;

/** A reference of a config with its place. */
export interface PlacedReference {
  /** JSON pointer into the config */
  pointer: string;
  reference: Reference;
}

const KEYS = ['fromJob', 'fromCheckpoint', 'fromArtifact'];

/** True for an object of a config that names the bytes of another job. No config uses these keys for anything else. */
export const isReference = (value: unknown): value is Reference =>
  typeof value === 'object' && value !== null && KEYS.some((key) => Object.hasOwn(value, key));

const escaped = (key: string): string => key.replaceAll('~', '~0').replaceAll('/', '~1');

/** Every reference of a config that fits its schema, in order. */
export function referencesIn(value: unknown, pointer = ''): PlacedReference[] {
  if (typeof value !== 'object' || value === null) return [];
  if (isReference(value)) return [{ pointer, reference: value }];
  return Object.entries(value).flatMap(([key, member]) => referencesIn(member, `${pointer}/${escaped(key)}`));
}

/** A copy of a config in which each reference is what `change` makes of it. */
export function mapReferences(
  value: unknown,
  change: (reference: Reference, pointer: string) => Reference,
  pointer = '',
): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (isReference(value)) return change(value, pointer);
  const inner = (member: unknown, key: string) => mapReferences(member, change, `${pointer}/${escaped(key)}`);
  if (Array.isArray(value)) return value.map((member, i) => inner(member, String(i)));
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, inner(member, key)]));
}
