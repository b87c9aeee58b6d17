import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CrucibleError } from './errors.ts';
import { NEWEST_FIRST, parseJobSort } from './job-order.ts';

describe('parseJobSort', () => {
  it('tells time from metrics, and the directions of both', () => {
    assert.deepEqual(parseJobSort(NEWEST_FIRST), { by: 'submittedAt', isNewestFirst: true });
    assert.deepEqual(parseJobSort('submittedAt'), { by: 'submittedAt', isNewestFirst: false });
    assert.deepEqual(parseJobSort('metric:val/a-1.b_c:max'), { by: 'metric', key: 'val/a-1.b_c', extreme: 'max' });
    assert.deepEqual(parseJobSort('metric:max:min'), { by: 'metric', key: 'max', extreme: 'min' });
  });

  it('refuses anything else with a fault at the parameter', () => {
    for (const sort of ['', 'name', '--submittedAt', 'metric:', 'metric::max', 'metric:a:best', 'metric:a b:max'])
      assert.throws(
        () => parseJobSort(sort),
        (error) =>
          error instanceof CrucibleError && error.code === 'invalid-request' && error.faults[0]?.pointer === '/sort',
        sort,
      );
  });
});
