import { type TSchema, Type } from 'typebox';

/** `schema` or null. */
export const Nullable = <S extends TSchema>(schema: S, options: { default?: null; description?: string } = {}) =>
  Type.Union([schema, Type.Null()], options);

/** A number that may be missing from a summary, with what it is. */
export const NumberOrNull = (description: string) => Nullable(Type.Number(), { description });
