import assert from 'node:assert/strict';
import { it } from 'node:test';
import { plan } from './plan.ts';
import { POLICY } from './policy.ts';
import { replay } from './replay.ts';
import { NOW, queued, randomScene, scene, worker } from './testing/scenes.ts';

it('gives a recorded plan again, after a way through JSON, and a line for each job', () => {
  for (let seed = 0; seed < 50; seed++) {
    const snapshot = randomScene(seed);
    const recorded = { now: NOW, policy: POLICY, snapshot, plan: plan(snapshot, NOW) };
    const again = replay(JSON.parse(JSON.stringify(recorded)));
    assert.ok(again.isSame, `seed ${seed}`);
    const { dispatch, preempt, waiting } = recorded.plan;
    assert.equal(again.jobs.length, dispatch.length + preempt.length + waiting.length);
  }
});

it('says when the plan would now be another', () => {
  const snapshot = scene({ jobs: [queued('a'), queued('b', { priority: 40 })], workers: [worker('w', 1)] });
  const recorded = plan(snapshot, NOW);
  const other = { ...recorded, dispatch: [{ jobId: 'b', workerId: 'w', tier: 'normal' as const }] };
  const again = replay({ now: NOW, policy: POLICY, snapshot, plan: other });
  assert.equal(again.isSame, false);
  assert.deepEqual(
    again.jobs.map(({ jobId, decision, why }) => [jobId, decision, why]),
    [
      ['a', 'start', 'starts on w, in tier normal'],
      ['b', 'resources', '1. in line. First in line in pool default; no worker has 1 free slot.'],
    ],
  );
});
