import { oneOf } from './hostile.ts';

/** What this reads of a JSON Schema. */
export interface Schema {
  $ref?: string;
  type?: string | string[];
  const?: unknown;
  enum?: unknown[];
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  minItems?: number;
  minimum?: number;
  maximum?: number;
  format?: string;
  pattern?: string;
  default?: unknown;
}

export interface SampleOptions {
  draw: (below: number) => number;
  /** `components.schemas` of the document */
  components: Record<string, Schema>;
  /** what is put where an id is wanted */
  ids: readonly string[];
  /** whether ids are put into free text, too */
  isTextOfIds: boolean;
}

const MAX_DEPTH = 6;
const TEXTS = ['a', 'zen-nas', 'demo', 'default', 'smoke test', 'val/accuracy', '0.5', '%_', '2030-01-01T00:00:00Z'];

function sampleText(schema: Schema, { draw, ids, isTextOfIds }: SampleOptions): string {
  if (schema.format === 'uuid') return oneOf(draw, ids);
  if (isTextOfIds && draw(4) === 0) return oneOf(draw, ['', 'job:']) + oneOf(draw, ids);
  if (schema.format === 'date-time') return '2030-01-01T00:00:00Z';
  return oneOf(draw, TEXTS);
}

function sampleNumber({ minimum = 0, maximum = minimum + 100 }: Schema, draw: (below: number) => number): number {
  return oneOf(draw, [minimum, maximum, minimum + draw(Math.min(maximum - minimum, 1000) + 1)]);
}

function sampleObject(schema: Schema, options: SampleOptions, depth: number): Record<string, unknown> {
  const { properties = {}, required = [] } = schema;
  const chosen = Object.entries(properties).filter(([name]) => required.includes(name) || options.draw(3) === 0);
  return Object.fromEntries(chosen.map(([name, property]) => [name, sample(property, options, depth + 1)]));
}

/** A value that fits a schema more often than not: enough to get past the first check, seldom past all. */
export function sample(schema: Schema, options: SampleOptions, depth = 0): unknown {
  const { draw, components } = options;
  if (depth > MAX_DEPTH) return null;
  if (schema.$ref !== undefined)
    return sample(components[schema.$ref.split('/').at(-1) ?? ''] ?? {}, options, depth + 1);
  if (schema.const !== undefined) return schema.const;
  if (schema.enum !== undefined) return oneOf(draw, schema.enum);
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices !== undefined && choices.length > 0) return sample(oneOf(draw, choices), options, depth + 1);
  if (schema.allOf !== undefined)
    return Object.assign({}, ...schema.allOf.map((part) => sample(part, options, depth + 1)));
  if (schema.default !== undefined && draw(4) === 0) return schema.default;
  switch (Array.isArray(schema.type) ? oneOf(draw, schema.type) : schema.type) {
    case 'object':
      return sampleObject(schema, options, depth);
    case 'array':
      return Array.from({ length: (schema.minItems ?? 0) + draw(3) }, () =>
        sample(schema.items ?? {}, options, depth + 1),
      );
    case 'integer':
    case 'number':
      return sampleNumber(schema, draw);
    case 'boolean':
      return draw(2) === 0;
    case 'null':
      return null;
    default:
      return sampleText(schema, options);
  }
}
