import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inSchemaOrder } from './schema-order.ts';

describe('inSchemaOrder', () => {
  const schema = { properties: { search: { properties: { space: {}, n: {} } }, budget: {} } };

  it('sorts every level as the schema does and loses nothing', () => {
    const value = { budget: 1, extra: 2, search: { n: 3, space: 'a', other: [4] } };
    const ordered = inSchemaOrder(value, schema);
    assert.deepEqual(ordered, value);
    assert.equal(JSON.stringify(ordered), '{"search":{"space":"a","n":3,"other":[4]},"budget":1,"extra":2}');
  });

  it('leaves alone what has no schema', () => {
    const value = { b: 1, a: 2 };
    assert.equal(inSchemaOrder(value, undefined), value);
    assert.equal(inSchemaOrder(null, schema), null);
  });
});
