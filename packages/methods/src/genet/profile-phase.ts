import { isDeepStrictEqual } from 'node:util';
import type { LatencyTable } from '@crucible/contracts';
import { measureNext, planLength, tableOf } from '../latency/measure-plan.ts';
import { keyOf } from '../latency/unit-shape.ts';
import { obeyStop } from '../obey-stop.ts';
import { profilePlan } from './profile-plan.ts';
import { checkpointOf, type Job, type RunState } from './run-state.ts';
import { stageKinds, stageShapes } from './stage-kinds.ts';

/** Measurements between two checkpoints: some seconds of work. */
const CHECKPOINT_EVERY = 10;

/** Measures the space of a structure on this device, and leaves the table. */
export async function profilePhase(job: Job): Promise<LatencyTable> {
  const { config, ctx, blocks, positions, state } = job;
  const { dataset } = job.data;
  const plan = profilePlan(config, dataset, blocks, positions, (name) => ctx.rng(name));
  const total = planLength(plan);
  const { batch, warmup, repeats, rounds } = config.latency;
  const protocol = { batch, warmup, repeats, rounds };
  const device = deviceOf(job, total);
  const checkpoint = () => checkpointOf(job);
  const between = () => obeyStop(ctx, checkpoint);
  for (;;) {
    await between();
    const rng = (name: string) => ctx.rng(`profile/${name}`);
    const next = await measureNext(plan, state.measured, { protocol, seconds: () => ctx.seconds(), between, rng });
    if (next === null) break;
    state.doneSteps += 1;
    const { ms, sd, rejected } = next.timing;
    ctx.report(state.doneSteps, {
      'profile/milliseconds': ms,
      'profile/deviation': sd,
      'profile/rejected-rounds': rejected,
    });
    const done = numMeasured(state);
    ctx.progress({ phase: 'profile', done, total, message: `${next.what}: ${ms.toPrecision(3)} ms` });
    if (state.doneSteps % CHECKPOINT_EVERY === 0) await ctx.saveCheckpoint(checkpoint());
  }
  const measured = tableOf(plan, state.measured);
  const timed = new Map(measured.units.map((unit) => [keyOf(unit), unit]));
  const stages = stageKinds(stageShapes(blocks, positions, dataset.height), (shape) => {
    const unit = timed.get(keyOf(shape));
    if (unit === undefined) throw new Error(`${keyOf(shape)} was not measured`);
    return unit;
  });
  return { format: 1, engine: device, protocol, ...measured, stages };
}

const numMeasured = ({ measured }: RunState): number => measured.units.length + measured.networks.length;

/**
 * What the table is of. A profile that goes on elsewhere before it is whole begins anew: a table is of one device.
 *
 * @param total measurements of the whole profile
 */
function deviceOf({ ctx, state }: Job, total: number): LatencyTable['engine'] {
  const { name, device, threads, isa, versions } = ctx.engine;
  const here = { name, device, threads, isa, versions };
  const isElsewhere = state.device !== null && !isDeepStrictEqual(state.device, here);
  if (isElsewhere && numMeasured(state) < total) {
    ctx.log('warn', `the profile was begun on ${state.device?.device}, this is ${device}: it begins anew`);
    state.measured = { units: [], networks: [] };
    state.device = here;
  }
  state.device ??= here;
  return state.device;
}
