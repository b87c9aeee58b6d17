import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { plan } from './plan.ts';
import { POLICY } from './policy.ts';
import { held, minutesAgo, NOW, queued, scene, team, worker } from './testing/scenes.ts';

const started = (...args: Parameters<typeof scene>): string[] =>
  plan(scene(...args), NOW).dispatch.map(({ jobId }) => jobId);
const codes = (...args: Parameters<typeof scene>) =>
  plan(scene(...args), NOW).waiting.map(({ jobId, code, position }) => [jobId, code, position]);

describe('the order of jobs', () => {
  it('goes by tier, then priority, then the time of submit, then the id', () => {
    const jobs = [
      queued('d'),
      queued('c'),
      queued('b', { submittedAt: NOW - 5000 }),
      queued('a', { priority: 90 }),
      queued('z-low', { tier: 'low', priority: 100 }),
      queued('z-urgent', { tier: 'urgent', priority: 0 }),
    ];
    assert.deepEqual(started({ jobs, workers: [worker('w', 6)] }), ['z-urgent', 'a', 'b', 'c', 'd', 'z-low']);
  });

  it('adds a point of priority per hour, twenty at most', () => {
    const old = queued('old', { priority: 50, submittedAt: minutesAgo(130) });
    const one = { workers: [worker('w', 1)] };
    assert.deepEqual(started({ ...one, jobs: [queued('young', { priority: 52 }), old] }), ['old']);
    assert.deepEqual(started({ ...one, jobs: [queued('young', { priority: 53 }), old] }), ['young']);
    const ancient = queued('ancient', { priority: 50, submittedAt: minutesAgo(6000) });
    assert.deepEqual(started({ ...one, jobs: [queued('young', { priority: 71 }), ancient] }), ['young']);
  });

  it('serves the team that has used least for its weight, and charges each dispatch at once', () => {
    const jobs = ['a1', 'a2', 'a3', 'b1', 'b2', 'b3'].map((id) => queued(id, { team: id[0] as string }));
    const teams = [team('a', { usedSlotSeconds: 7200 }), team('b', { weight: 2, usedSlotSeconds: 7200 })];
    // shares: a 7200, b 3600; each slot adds 3600 to a and 1800 to b
    assert.deepEqual(started({ jobs, teams }), ['b1', 'b2', 'a1', 'b3']);
    const owed = [team('a', { usedSlotSeconds: 7200, guaranteedSlots: 2 }), teams[1] as (typeof teams)[0]];
    assert.deepEqual(started({ jobs, teams: owed }), ['a1', 'a2', 'b1', 'b2']);
  });

  it('goes round the users of a team by the slots that they hold', () => {
    const jobs = ['ann1', 'ann2', 'ann3', 'bob1', 'bob2'].map((id) => queued(id, { user: id.slice(0, 3) }));
    assert.deepEqual(started({ jobs, held: [held('x', 'w1', { user: 'bob' })] }), ['ann1', 'ann2', 'bob1']);
  });

  it('runs urgent jobs as normal ones once the urgent hours of their team are spent', () => {
    const teams = [team('a', { usedUrgentHours: 41 }), team('b')];
    const jobs = [queued('a', { team: 'a', tier: 'urgent', priority: 90 }), queued('b', { team: 'b', tier: 'urgent' })];
    const decided = plan(scene({ jobs, teams, workers: [worker('w', 1)] }), NOW);
    assert.deepEqual(decided.dispatch, [{ jobId: 'b', workerId: 'w', tier: 'urgent' }]);
    assert.equal(decided.waiting[0]?.code, 'urgent-budget');
    assert.equal(plan(scene({ jobs: jobs.slice(0, 1), teams }), NOW).dispatch[0]?.tier, 'normal');
  });

  it('holds teams and users to their quotas', () => {
    const teams = [team('a', { maxSlots: 2 }), team('b', { maxSlotsPerUser: 1 })];
    const jobs = ['a1', 'a2', 'a3', 'b1', 'b2'].map((id) => queued(id, { team: id[0] as string }));
    const decided = plan(scene({ jobs, teams, workers: [worker('w', 9)] }), NOW);
    assert.deepEqual(decided.dispatch.map(({ jobId }) => jobId).sort(), ['a1', 'a2', 'b1']);
    assert.deepEqual(decided.waiting.map(({ jobId, code }) => [jobId, code]).sort(), [
      ['a3', 'team-quota'],
      ['b2', 'user-quota'],
    ]);
  });
});

describe('placement', () => {
  it('fills the worker with the fewest free slots', () => {
    const workers = [worker('large', 8), worker('small', 2), worker('tiny', 1)];
    const jobs = [queued('a', { slots: 2, priority: 90 }), queued('b')];
    assert.deepEqual(
      plan(scene({ jobs, workers }), NOW).dispatch.map(({ jobId, workerId }) => [jobId, workerId]),
      [
        ['a', 'small'],
        ['b', 'tiny'],
      ],
    );
  });

  it('keeps off the worker of the last failure and off one that rests, unless there is no other', () => {
    const jobs = [queued('a', { avoidWorker: 'w1' })];
    const [w1, w2] = [worker('w1', 1), worker('w2', 4)];
    const where = (workers: (typeof w1)[]) => plan(scene({ jobs, workers }), NOW).dispatch[0]?.workerId;
    assert.equal(where([w1, w2]), 'w2');
    assert.equal(where([w1]), 'w1');
    const resting = { ...w2, coolOffUntil: NOW + 1000 };
    assert.equal(where([w1, resting]), 'w1');
    assert.equal(where([w1, { ...w2, coolOffUntil: NOW }]), 'w2');
    assert.equal(where([resting]), 'w2');
  });

  it('never splits a job over workers', () => {
    assert.deepEqual(started({ jobs: [queued('a', { slots: 3 })], workers: [worker('w1', 2), worker('w2', 2)] }), []);
  });
});

describe('a reservation', () => {
  const wide = queued('wide', { slots: 2, priority: 90, submittedAt: minutesAgo(11) });
  const workers = [worker('w', 2)];
  const busy = [held('x', 'w', { maxRunSeconds: 2 * 3600 })]; // has an hour left

  it('keeps free slots for the first in line after ten minutes, and not before', () => {
    const narrow = queued('narrow');
    assert.deepEqual(started({ jobs: [wide, narrow], workers, held: busy }), []);
    const decided = plan(scene({ jobs: [wide, narrow], workers, held: busy }), NOW);
    assert.deepEqual(decided.reservations, [{ jobId: 'wide', workerId: 'w', slots: 2, at: NOW + 3_600_000 }]);
    assert.deepEqual(
      decided.waiting.map(({ code, blocking }) => [code, blocking]),
      [
        ['resources', ['x']],
        ['reservation', ['wide']],
      ],
    );
    const young = { ...wide, waitingSince: minutesAgo(9) };
    assert.deepEqual(started({ jobs: [young, narrow], workers, held: busy }), ['narrow']);
  });

  it('lets jobs use them that end before', () => {
    const short = queued('short', { maxRunSeconds: 3600 });
    const long = queued('long', { maxRunSeconds: 3601, priority: 60 });
    assert.deepEqual(started({ jobs: [wide, long, short], workers, held: busy }), ['short']);
  });

  it('takes the worker that frees the slots soonest, and leaves the others alone', () => {
    const two = [worker('a', 2), worker('b', 2)];
    const jobs = [wide, queued('narrow')];
    const both = [held('x', 'a', { maxRunSeconds: 3700 }), held('y', 'b', { maxRunSeconds: 7200 })];
    const decided = plan(scene({ jobs, workers: two, held: both }), NOW);
    assert.deepEqual(
      decided.reservations.map(({ workerId }) => workerId),
      ['a'],
    );
    assert.deepEqual(
      decided.dispatch.map(({ workerId }) => workerId),
      ['b'],
    );
  });

  it('keeps every free slot where nobody knows when the others end', () => {
    const jobs = [wide, queued('narrow', { maxRunSeconds: 60 })];
    assert.deepEqual(started({ jobs, workers, held: [held('x', 'w')] }), []);
  });
});

describe('preemption', () => {
  const urgent = queued('urgent', { tier: 'urgent', submittedAt: minutesAgo(2) });
  const workers = [worker('w', 2)];
  const victims = (...args: Parameters<typeof scene>): string[] =>
    plan(scene(...args), NOW).preempt.map(({ jobId }) => jobId);

  it('stops an attempt of a lower tier for a job that has waited a minute', () => {
    const running = [held('x', 'w'), held('y', 'w', { tier: 'low', fence: 3 })];
    const decided = plan(scene({ jobs: [urgent], workers, held: running }), NOW);
    assert.deepEqual(decided.preempt, [{ jobId: 'y', fence: 3, workerId: 'w', forJobId: 'urgent' }]);
    const young = { ...urgent, waitingSince: NOW - 59_000 };
    assert.deepEqual(victims({ jobs: [young], workers, held: running }), []);
  });

  it('spares equal tiers, attempts younger than the least run time and those about to end', () => {
    const spared = [held('same', 'w', { tier: 'urgent' }), held('young', 'w', { startedAt: minutesAgo(9) })];
    assert.deepEqual(victims({ jobs: [urgent], workers, held: spared }), []);
    const ending = [held('same', 'w', { tier: 'urgent' }), held('ending', 'w', { maxRunSeconds: 3600 + 100 })];
    assert.deepEqual(victims({ jobs: [urgent], workers, held: ending }), []);
  });

  it('takes the team most over its share, then the least work at risk', () => {
    const teams = [team('a', { usedSlotSeconds: 90_000 }), team('b')];
    const four = [worker('w', 4)];
    const running = [
      held('b1', 'w', { team: 'b' }),
      held('a1', 'w', { team: 'a' }),
      held('a2', 'w', { team: 'a', savedAt: minutesAgo(1) }),
      held('b2', 'w', { team: 'b', savedAt: NOW }),
    ];
    assert.deepEqual(victims({ jobs: [{ ...urgent, team: 'b' }], teams, workers: four, held: running }), ['a2']);
  });

  it('never stops more than is needed, nor anyone when that would not be enough', () => {
    const jobs = [{ ...urgent, slots: 3 }];
    const four = [worker('w', 4)];
    const one = held('one', 'w', { tier: 'low' });
    const three = held('three', 'w', { slots: 3 });
    assert.deepEqual(victims({ jobs, workers: four, held: [one, three] }), ['three']);
    const two = held('two', 'w', { slots: 2, startedAt: minutesAgo(1) });
    assert.deepEqual(victims({ jobs, workers: four, held: [one, { ...one, jobId: 'other' }, two] }), []);
    assert.deepEqual(victims({ jobs, workers: [worker('w', 2), worker('v', 2)], held: [one] }), []);
  });

  it('waits for slots that are being freed instead of stopping more', () => {
    const running = [held('x', 'w', { state: 'stopping' }), held('y', 'w')];
    const decided = plan(scene({ jobs: [urgent], workers, held: running }), NOW);
    assert.deepEqual(decided.preempt, []);
    assert.equal(decided.reservations[0]?.jobId, 'urgent');
    assert.deepEqual(victims({ jobs: [urgent, { ...urgent, id: 'second' }], workers, held: running }), ['y']);
  });

  it('keeps freed slots together for a job of several', () => {
    const wide = { ...urgent, slots: 2 };
    const running = [held('x', 'w', { state: 'stopping' })]; // the other slot of w is free already
    assert.deepEqual(started({ jobs: [wide, queued('narrow')], workers, held: running }), []);
  });

  it('gives a team what it is guaranteed, from teams that have more than that, tier for tier', () => {
    const teams = [team('a', { guaranteedSlots: 1 }), team('b', { guaranteedSlots: 1 })];
    const owed = [
      queued('a1', { team: 'a', submittedAt: minutesAgo(2) }),
      queued('a2', { team: 'a', submittedAt: minutesAgo(2) }),
    ];
    const b = (id: string) => held(id, 'w', { team: 'b' });
    assert.deepEqual(victims({ jobs: owed, teams, workers, held: [b('b1'), b('b2')] }), ['b1']);
    const one = { jobs: owed, teams, workers: [worker('w', 1)] };
    assert.deepEqual(victims({ ...one, held: [b('b1')] }), []);
    assert.deepEqual(victims({ ...one, held: [{ ...b('b1'), team: 'c', tier: 'urgent' }] }), []);
  });
});

describe('reasons', () => {
  it('are given to every job that waits, in the order in which they will be served', () => {
    const jobs = [
      queued('starts', { priority: 90 }),
      queued('next', { priority: 80 }),
      queued('later', { priority: 70 }),
      queued('other', { team: 'other' }),
      queued('wide', { slots: 9, priority: 0 }),
      queued('failed', { hasFailed: true, notBefore: NOW + 5000, priority: 100 }),
      queued('tomorrow', { notBefore: NOW + 86_400_000 }),
      queued('elsewhere', { pool: 'gpu' }),
    ];
    const teams = [team('default'), team('other', { usedSlotSeconds: 1_000_000 })];
    const blocked = [{ id: 'blocked', pool: 'default', needs: ['next'] }];
    assert.deepEqual(codes({ jobs, blocked, teams, workers: [worker('w', 1)] }), [
      ['next', 'resources', 1],
      ['later', 'priority', 2],
      ['other', 'fair-share', 3],
      ['wide', 'no-fit', 4],
      ['failed', 'backoff', 5],
      ['tomorrow', 'not-before', 6],
      ['blocked', 'dependency', 7],
      ['elsewhere', 'pool-offline', 1],
    ]);
  });

  it('foretell the start from limits and medians, and say nothing where nothing is known', () => {
    const jobs = [queued('a'), queued('b'), queued('c', { maxRunSeconds: 60 })];
    const running = [held('x', 'w', { startedAt: minutesAgo(10) })];
    const facts = { jobs, workers: [worker('w', 1)], held: running };
    const starts = (over: Parameters<typeof scene>[0]) =>
      plan(scene({ ...facts, ...over }), NOW).waiting.map(({ estimatedStart }) =>
        estimatedStart === null ? null : (estimatedStart - NOW) / 60_000,
      );
    assert.deepEqual(starts({}), [null, null, null]);
    assert.deepEqual(starts({ medianRunSeconds: { 'zen-nas': 1800 } }), [20, 50, 80]);
    assert.deepEqual(starts({ held: running.map((each) => ({ ...each, maxRunSeconds: 900 })) }), [5, null, null]);
  });

  it('do not change by themselves from one pass to the next', () => {
    const jobs = Array.from({ length: 50 }, (_, index) => queued(`job-${index}`, { team: index % 3 ? 'a' : 'b' }));
    const still = scene({
      jobs,
      workers: [worker('w', 1)],
      held: [held('x', 'w')],
      medianRunSeconds: { 'zen-nas': 900 },
    });
    const now = plan(still, NOW).waiting;
    assert.deepEqual(plan(still, NOW + 7000).waiting, now);
  });
});

it('can be changed by its policy', () => {
  const jobs = [queued('urgent', { tier: 'urgent' })];
  const facts = scene({ jobs, workers: [worker('w', 1)], held: [held('x', 'w', { startedAt: NOW - 2000 })] });
  const policy = { ...POLICY, preemptAfterSeconds: 1, minRunSeconds: 1 };
  assert.equal(plan(facts, NOW).preempt.length, 0);
  assert.equal(plan(facts, NOW, policy).preempt.length, 1);
});
