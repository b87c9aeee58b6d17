import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createRng } from '../random/create-rng.ts';
import { addToFronts, FRONT_COSTS, type FrontMember, frontsOf, paretoFrontCsv } from './pareto.ts';

const member = (structure: string, score: number, params: number, flops: number, latencyMs: number | null = null) =>
  ({ structure, score, depth: 3, params, flops, latencyMs }) satisfies FrontMember;

describe('addToFronts', () => {
  it('keeps exactly the candidates that no other one beats in score against a cost', () => {
    const rng = createRng(1, 'pareto');
    const all = Array.from({ length: 300 }, (_, i) =>
      member(`net-${i}`, rng.below(400), rng.below(400), rng.below(400), i % 3 === 0 ? null : rng.below(400)),
    );
    const members: FrontMember[] = [];
    for (const candidate of all) addToFronts(members, candidate);
    /** By the definition, over all candidates: on a front is who has no rival as cheap and as good, better in one. */
    const isOn = (one: FrontMember, cost: 'params' | 'flops' | 'latencyMs'): boolean => {
      const own = one[cost];
      if (own === null) return false;
      return all.every((other) => {
        const its = other[cost];
        if (its === null) return true;
        return !((other.score > one.score && its <= own) || (other.score >= one.score && its < own));
      });
    };
    const expected = all.filter((one) => FRONT_COSTS.some((cost) => isOn(one, cost)));
    assert.deepEqual(members, expected);
    assert.ok(members.length > 10 && members.length < 150, `${members.length}`);
  });

  it('takes a structure once', () => {
    const members: FrontMember[] = [];
    for (let i = 0; i < 2; i++) addToFronts(members, member('net', 1, 1, 1));
    assert.equal(members.length, 1);
  });
});

describe('paretoFrontCsv', () => {
  it('has a line per member by falling score, and says on which fronts it is', () => {
    const members = [member('a', 1, 10, 30, 0.5), member('b', 2, 20, 20)];
    assert.deepEqual(frontsOf(members[0] as FrontMember, members), ['params', 'latencyMs']);
    assert.equal(
      paretoFrontCsv(members),
      'structure,score,depth,params,flops,latency_ms,on_params_front,on_flops_front,on_latency_front\n' +
        '"b",2,3,20,20,,1,1,0\n"a",1,3,10,30,0.5,1,0,1\n',
    );
  });
});
