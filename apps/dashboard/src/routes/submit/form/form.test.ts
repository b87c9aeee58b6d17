import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { METHODS, ZenNasConfig } from '@crucible/contracts';
import { pointerOf, valueAt, withValueAt } from './config-path.ts';
import { fieldOf, isSchema, type JsonSchema, taggedUnionOf } from './json-schema.ts';

/** The schema as it arrives over HTTP. */
const zenNas = JSON.parse(JSON.stringify(ZenNasConfig)) as JsonSchema;
const at = (...path: string[]) => {
  let schema = zenNas;
  for (const key of path) schema = schema.properties?.[key] ?? {};
  return fieldOf(schema);
};

describe('fieldOf', () => {
  it('draws each kind of property of a real method by its own control', () => {
    assert.equal(at('search').kind, 'group');
    assert.deepEqual(
      [at('search', 'space').kind, at('search', 'space').schema.enum],
      ['choice', ['xxbl', 'idw_fixfc', 'genet', 'resnet']],
    );
    assert.equal(at('search', 'dedupe').kind, 'switch');
    assert.equal(at('training', 'learningRate').kind, 'number');
    assert.equal(at('search', 'population').kind, 'integer');
  });

  it('sees through the null branch of an optional value and keeps default, description and range', () => {
    const params = at('budget', 'params');
    assert.deepEqual(
      [params.kind, params.isNullable, params.fallback, params.description, params.range],
      ['number', true, 1e6, 'trainable parameters', '>\u00a00'],
    );
    assert.deepEqual([at('search', 'initStructure').kind, at('search', 'initStructure').fallback], ['text', null]);
  });

  it('says the range in words', () => {
    assert.equal(at('search', 'splitThreshold').range, '≥\u00a04, multiple of 2');
    assert.equal(at('training', 'labelSmoothing').range, '≥\u00a00, <\u00a01');
  });

  it('knows a union by its tag', () => {
    const optimizer = zenNas.properties?.training?.properties?.optimizer ?? {};
    assert.equal(fieldOf(optimizer).kind, 'tagged');
    const union = taggedUnionOf(optimizer);
    assert.equal(union?.tag, 'kind');
    assert.deepEqual([...(union?.branches.keys() ?? [])], ['sgd', 'adam', 'adamw', 'lars']);
    assert.equal(taggedUnionOf(zenNas.properties?.structure ?? {}), null);
  });

  it('leaves what has no control to JSON text', () => assert.equal(fieldOf({ type: 'array' }).kind, 'json'));

  it('finds a control for every property of every method', () => {
    const kinds = (schema: JsonSchema): string[] => {
      const field = fieldOf(schema);
      return field.kind === 'group' ? Object.values(field.schema.properties ?? {}).flatMap(kinds) : [field.kind];
    };
    for (const method of Object.values(METHODS)) {
      const schema: unknown = JSON.parse(JSON.stringify(method.config));
      assert.ok(isSchema(schema));
      assert.ok(kinds(schema).length > 8, method.id);
    }
  });
});

describe('withValueAt', () => {
  it('sets and takes away without touching its input or leaving empty groups', () => {
    const empty = {};
    const one = withValueAt(empty, ['search', 'population'], 8);
    const two = withValueAt(one, ['search', 'space'], 'xxbl');
    assert.deepEqual(two, { search: { population: 8, space: 'xxbl' } });
    assert.deepEqual(withValueAt(two, ['search', 'space'], undefined), one);
    assert.deepEqual(withValueAt(one, ['search', 'population'], undefined), {});
    assert.deepEqual([empty, one], [{}, { search: { population: 8 } }]);
  });

  it('keeps null as a value of its own', () => {
    const config = withValueAt({}, ['budget', 'params'], null);
    assert.equal(valueAt(config, ['budget', 'params']), null);
    assert.equal(valueAt(config, ['budget', 'flops']), undefined);
  });

  it('escapes the keys of a pointer', () => assert.equal(pointerOf(['a/b', 'c~d']), '/a~1b/c~0d'));
});
