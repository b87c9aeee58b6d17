import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MetricDescriptor } from '../method.ts';
import { fits } from '../validate.ts';
import { METHODS, resolveConfig } from './registry.ts';

describe('the descriptors', () => {
  for (const [id, method] of Object.entries(METHODS)) {
    it(`of ${id}: its key is its id, and no metric or artifact is named twice or against the rule`, () => {
      assert.equal(method.id, id);
      for (const metric of method.metrics) assert.ok(fits(MetricDescriptor, metric), metric.name);
      for (const names of [method.metrics, method.artifacts].map((all) => all.map(({ name }) => name)))
        assert.deepEqual(names, [...new Set<string>(names)]);
    });

    it(`of ${id}: its defaults and every preset are configs without a fault`, () => {
      assert.ok(Object.keys(method.presets).length > 0);
      for (const preset of Object.keys(method.presets)) assert.ok(resolveConfig(id, {}, preset));
      assert.ok(resolveConfig(id, {}));
    });
  }
});
