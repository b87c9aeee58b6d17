import { type Checkpoint, type MethodContext, Stopped } from './method.ts';

/**
 * Asks the worker whether to go on; called once per step, at a boundary that a checkpoint can resume from.
 *
 * @param checkpoint made only if the attempt is released
 * @throws Stopped if not; after saving a checkpoint if the job is to go on elsewhere
 */
export async function obeyStop(ctx: MethodContext, checkpoint: () => Checkpoint | Promise<Checkpoint>): Promise<void> {
  const request = await ctx.shouldStop();
  if (request === 'no') return;
  if (request === 'release') await ctx.saveCheckpoint(await checkpoint());
  throw new Stopped();
}
