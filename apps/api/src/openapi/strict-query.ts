import { type TObject, type TProperties, Type } from 'typebox';

/** The same query, in which an unknown parameter is a fault: a mistyped filter must not silently select everything. */
export const strictQuery = <P extends TProperties>(query: TObject<P>): TObject<P> =>
  Type.Object(query.properties, { additionalProperties: false });
