import type { Static, TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import System from 'typebox/system';
import { Value } from 'typebox/value';
import type { Fault } from './errors.ts';
import { fillTagged, type Part, separateTagged } from './tagged-union.ts';

System.Settings.Set({ maxErrors: 200 });

type RawError = { keyword: string; instancePath: string; message: string; params: Record<string, unknown> };

const validators = new WeakMap<TSchema, ReturnType<typeof Compile>>();

const validatorOf = (schema: TSchema): ReturnType<typeof Compile> => {
  let validator = validators.get(schema);
  if (validator === undefined) {
    validator = Compile(schema);
    validators.set(schema, validator);
  }
  return validator;
};

/** Turns validator output into one fault per thing to mend: no echo of the union around it, one entry per unknown key. */
const toFaults = (errors: RawError[]): Fault[] => {
  const faults = new Map<string, string>();
  for (const { keyword, instancePath, message, params } of errors) {
    if (keyword === 'boolean') continue; // said again, with the key's name, by additionalProperties
    if (keyword === 'additionalProperties') {
      for (const key of params.additionalProperties as string[])
        faults.set(`${instancePath}/${escapePointer(key)}`, 'is not a known key');
    } else if (keyword === 'required') {
      for (const key of params.requiredProperties as string[])
        faults.set(`${instancePath}/${escapePointer(key)}`, 'is required');
    } else if (keyword === 'enum') {
      faults.set(instancePath, `must be one of ${(params.allowedValues as unknown[]).map(String).join(', ')}`);
    } else if (keyword === 'anyOf') {
      if (!faults.has(instancePath)) faults.set(instancePath, 'matches none of the allowed forms');
    } else if (keyword === 'type' && params.type === 'null') {
      // the null branch of an optional value: its other branch says what is wrong
    } else {
      const earlier = faults.get(instancePath);
      faults.set(instancePath, earlier === undefined ? message : `${earlier}, ${message}`);
    }
  }
  return [...faults].map(([pointer, message]) => ({ pointer, message }));
};

const escapePointer = (key: string): string => key.replaceAll('~', '~0').replaceAll('/', '~1');

/** Every fault of `value` against `schema`; an empty list means that it fits. */
export function faultsOf(schema: TSchema, value: unknown): Fault[] {
  const validator = validatorOf(schema);
  if (validator.Check(value)) return [];
  const found: { parts: Part[]; faults: Fault[] } = { parts: [], faults: [] };
  const rest = separateTagged({ schema, value, pointer: '' }, found);
  const faults = [{ schema: rest, value, pointer: '' }, ...found.parts].flatMap((part) =>
    toFaults(Value.Errors(part.schema, part.value) as unknown as RawError[]).map((fault) => ({
      ...fault,
      pointer: part.pointer + fault.pointer,
    })),
  );
  return [...faults, ...found.faults];
}

/**
 * Fills the schema's defaults into a copy of `value` and lists every fault of the result.
 * Unknown keys are faults, never dropped.
 */
export function resolve<S extends TSchema>(
  schema: S,
  value: unknown,
): { value: Static<S>; faults: [] } | { value: null; faults: Fault[] } {
  // a default may be an object with a tag, whose own defaults come last
  const filled = fillTagged(schema, Value.Default(schema, fillTagged(schema, structuredClone(value))));
  const faults = faultsOf(schema, filled);
  return faults.length === 0 ? { value: filled as Static<S>, faults: [] } : { value: null, faults };
}

/** True when `value` fits `schema`: the guard for what arrives from another process. */
export function fits<S extends TSchema>(schema: S, value: unknown): value is Static<S> {
  return validatorOf(schema).Check(value);
}
