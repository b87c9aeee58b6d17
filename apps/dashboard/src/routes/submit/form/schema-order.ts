import { isConfig } from './config-path.ts';
import type { JsonSchema } from './json-schema.ts';

/**
 * `value` with the keys of its objects in the order in which the schema names them: the database keeps documents by
 * length of key. Keys that the schema does not name come last.
 */
export function inSchemaOrder(value: unknown, schema: JsonSchema | undefined): unknown {
  const properties = schema?.properties;
  if (!isConfig(value) || properties === undefined) return value;
  const keys = [
    ...Object.keys(properties).filter((key) => Object.hasOwn(value, key)),
    ...Object.keys(value).filter((key) => !Object.hasOwn(properties, key)),
  ];
  return Object.fromEntries(keys.map((key) => [key, inSchemaOrder(value[key], properties[key])]));
}
