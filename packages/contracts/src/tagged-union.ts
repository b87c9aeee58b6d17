/**
 * @file Unions of objects that one key tells apart, such as `kind` or `op`. A general validator tries every branch: it
 * reports the faults of all of them, and fills no defaults once none fits. Here the key chooses the branch first.
 */
import type { TSchema } from 'typebox';
import { Value } from 'typebox/value';
import type { Fault } from './errors.ts';

interface LooseSchema {
  anyOf?: TSchema[];
  properties?: Record<string, TSchema>;
  items?: TSchema;
  const?: unknown;
}

interface TaggedUnion {
  tag: string;
  branches: ReadonlyMap<unknown, TSchema>;
}

/** A part of a value that is to be checked by itself. */
export interface Part {
  schema: TSchema;
  value: unknown;
  pointer: string;
}

const loose = (schema: TSchema): LooseSchema => schema as LooseSchema;

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const taggedUnionOf = (schema: TSchema): TaggedUnion | null => {
  const branches = loose(schema).anyOf ?? [];
  const constOf = (branch: TSchema, key: string): unknown => {
    const property = loose(branch).properties?.[key];
    return property === undefined ? undefined : loose(property).const;
  };
  for (const tag of Object.keys(branches[0] === undefined ? {} : (loose(branches[0]).properties ?? {}))) {
    const byTag = new Map(branches.map((branch) => [constOf(branch, tag), branch]));
    if (byTag.size === branches.length && !byTag.has(undefined)) return { tag, branches: byTag };
  }
  return null;
};

/**
 * Of a union without a tag, such as a name or a list, or an object or null: the branch for lists if `value` is one, the
 * only branch for objects if it is one.
 */
const shapeBranch = (schema: TSchema, value: unknown): TSchema | undefined => {
  const branches = loose(schema).anyOf ?? [];
  if (Array.isArray(value)) return branches.find((branch) => loose(branch).items !== undefined);
  if (!isRecord(value)) return undefined;
  const objects = branches.filter(
    (branch) => loose(branch).properties !== undefined || loose(branch).anyOf !== undefined,
  );
  return objects.length === 1 ? objects[0] : undefined;
};

/** Fills the defaults of the branches that tags choose; `value` may be changed in place. */
export function fillTagged(schema: TSchema, value: unknown): unknown {
  const union = taggedUnionOf(schema);
  if (union !== null) {
    const branch = isRecord(value) ? union.branches.get(value[union.tag]) : undefined;
    return branch === undefined ? value : Value.Default(branch, fillTagged(branch, value));
  }
  const shaped = shapeBranch(schema, value);
  if (shaped !== undefined) return Value.Default(shaped, fillTagged(shaped, value));
  const { properties, items } = loose(schema);
  if (properties !== undefined && isRecord(value))
    for (const [key, property] of Object.entries(properties))
      if (Object.hasOwn(value, key)) value[key] = fillTagged(property, value[key]);
  return items !== undefined && Array.isArray(value) ? value.map((item) => fillTagged(items, item)) : value;
}

/**
 * A schema in which every tagged union is replaced by "anything", and the parts that stood there, each with the branch
 * that its tag chooses. A tag that chooses none is a fault.
 */
export function separateTagged({ schema, value, pointer }: Part, found: { parts: Part[]; faults: Fault[] }): TSchema {
  const inner = (part: Part): TSchema => separateTagged(part, found);
  const union = taggedUnionOf(schema);
  if (union !== null) {
    const known = [...union.branches.keys()].join(', ');
    const branch = isRecord(value) ? union.branches.get(value[union.tag]) : undefined;
    if (branch !== undefined) found.parts.push({ schema: inner({ schema: branch, value, pointer }), value, pointer });
    else if (isRecord(value))
      found.faults.push({ pointer: `${pointer}/${union.tag}`, message: `must be one of ${known}` });
    else found.faults.push({ pointer, message: `must be an object whose ${union.tag} is one of ${known}` });
    return {};
  }
  const shaped = shapeBranch(schema, value);
  if (shaped !== undefined) return inner({ schema: shaped, value, pointer });
  const { properties, items } = loose(schema);
  if (properties !== undefined && isRecord(value)) {
    const separated = Object.entries(properties).map(([key, property]) => [
      key,
      Object.hasOwn(value, key)
        ? inner({ schema: property, value: value[key], pointer: `${pointer}/${key}` })
        : property,
    ]);
    return { ...schema, properties: Object.fromEntries(separated) } as TSchema;
  }
  if (items !== undefined && taggedUnionOf(items) !== null && Array.isArray(value)) {
    value.forEach((item, i) => {
      inner({ schema: items, value: item, pointer: `${pointer}/${i}` });
    });
    return { ...schema, items: {} } as TSchema;
  }
  return schema;
}
