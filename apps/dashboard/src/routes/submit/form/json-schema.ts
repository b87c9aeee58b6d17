/** The part of JSON Schema that configs are written in. */
export interface JsonSchema {
  type?: string;
  enum?: readonly unknown[];
  const?: unknown;
  anyOf?: readonly JsonSchema[];
  properties?: Readonly<Record<string, JsonSchema>>;
  default?: unknown;
  description?: string;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
  multipleOf?: number;
  minLength?: number;
  maxLength?: number;
}

/** What a form draws for a schema: a group of fields, one whose fields follow from its tag, a kind of control, or JSON text for all that has no control. */
export type FieldKind = 'group' | 'tagged' | 'choice' | 'switch' | 'integer' | 'number' | 'text' | 'json';

export interface Field {
  kind: FieldKind;
  /** the schema without its null branch */
  schema: JsonSchema;
  isNullable: boolean;
  /** value that holds when neither preset nor user says anything */
  fallback: unknown;
  description: string;
  /** what the schema allows, in words; empty when it allows anything of its kind */
  range: string;
}

export const isSchema = (value: unknown): value is JsonSchema =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** How to draw one property of a config. */
export function fieldOf(whole: JsonSchema): Field {
  const branches = whole.anyOf ?? [];
  const others = branches.filter(({ type }) => type !== 'null');
  const isNullable = others.length < branches.length;
  const [only] = others;
  const schema = isNullable && others.length === 1 && only !== undefined ? only : whole;
  return {
    kind: kindOf(schema),
    schema,
    isNullable,
    fallback: whole.default ?? (isNullable ? null : schema.default),
    description: whole.description ?? schema.description ?? '',
    range: rangeOf(schema),
  };
}

/** A union of objects that one key tells apart, such as `kind`. */
export interface TaggedUnion {
  tag: string;
  /** by the value of the tag, in the order of the schema */
  branches: ReadonlyMap<string, JsonSchema>;
}

/** The schema as a tagged union, null if it is none. */
export function taggedUnionOf({ anyOf = [] }: JsonSchema): TaggedUnion | null {
  const objects = anyOf.filter(({ type }) => type !== 'null');
  for (const tag of Object.keys(objects[0]?.properties ?? {})) {
    const values = objects.map(({ properties }) => properties?.[tag]?.const);
    if (objects.length > 1 && values.every((value) => typeof value === 'string'))
      return { tag, branches: new Map(objects.map((branch, i) => [values[i] as string, branch])) };
  }
  return null;
}

function kindOf(schema: JsonSchema): FieldKind {
  if (schema.properties !== undefined) return 'group';
  if (taggedUnionOf(schema) !== null) return 'tagged';
  if (schema.enum !== undefined) return 'choice';
  if (schema.type === 'boolean') return 'switch';
  if (schema.type === 'integer' || schema.type === 'number') return schema.type;
  return schema.type === 'string' ? 'text' : 'json';
}

function rangeOf(schema: JsonSchema): string {
  const low =
    schema.minimum !== undefined
      ? `≥\u00a0${schema.minimum}`
      : schema.exclusiveMinimum !== undefined
        ? `>\u00a0${schema.exclusiveMinimum}`
        : '';
  const high =
    schema.maximum !== undefined
      ? `≤\u00a0${schema.maximum}`
      : schema.exclusiveMaximum !== undefined
        ? `<\u00a0${schema.exclusiveMaximum}`
        : '';
  const multiple = schema.multipleOf === undefined ? '' : `multiple of ${schema.multipleOf}`;
  return [low, high, multiple].filter(Boolean).join(', ');
}
