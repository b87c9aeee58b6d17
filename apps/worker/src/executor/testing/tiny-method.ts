import { setTimeout as delay } from 'node:timers/promises';
import { DataError, type Method, NonFiniteError, Stopped } from '@crucible/methods';
import type { RunnableMethod } from '../run-child.ts';

/** Longer than the lease of a test. */
const BLOCK_MS = 12_000;

/** Config of the tiny method: how long it runs, and what goes wrong on the way. */
export interface TinyConfig {
  steps: number;
  /** steps between checkpoints */
  every: number;
  /** step before which `fault` happens; never, if larger than `steps` */
  at: number;
  fault:
    | 'none'
    | 'throw'
    | 'data'
    | 'non-finite'
    | 'stop'
    | 'deaf'
    | 'idle'
    | 'exit'
    | 'abort'
    | 'undeclared'
    | 'bad-state'
    | 'bad-summary'
    | 'late-throw'
    | 'chatter'
    | 'block'
    | 'kill-worker';
  /** pause after each step, for whoever wants to meet it on its way; a job that was stored without it has none */
  paceMs: number;
}

/**
 * Descends a quadratic with noise from a named stream: without tensors, but with weights, steps, randomness, checkpoints
 * and an artifact, as every method has them.
 */
export const tinyMethod: Method<TinyConfig, unknown> = {
  id: 'zen-nas', // the ids are a closed list; nothing here looks at it
  async run({ steps, every, at, fault, paceMs }, ctx) {
    const start = ctx.resumeFrom;
    let step = start?.step ?? 0;
    const weights = Float32Array.from(start?.tensors[0]?.data ?? [1, -2, 3]);
    const save = async () =>
      ctx.saveCheckpoint({
        step,
        state: { step, ...(fault === 'bad-state' ? { best: Number.NaN } : {}) },
        tensors: [{ name: 'weights', dtype: 'float32', shape: [3], data: weights }],
      });
    ctx.log('info', 'tiny begins', { step });
    while (step < steps) {
      const request = await ctx.shouldStop();
      if (request === 'release') await save();
      if (request !== 'no') throw new Stopped();
      if (step === at) await misbehave(fault, ctx);
      const rng = ctx.rng(`noise/${step}`);
      for (let at = 0; at < 3; at++) weights[at] = 0.9 * (weights[at] as number) + 0.01 * rng.normal();
      step += 1;
      const loss = weights.reduce((sum, weight) => sum + weight * weight, 0);
      ctx.report(step, { 'train/loss': loss });
      ctx.progress({ phase: 'train', done: step, total: steps, message: `step ${step}` });
      if (step % every === 0) await save();
      if (paceMs > 0) await delay(paceMs);
    }
    await ctx.saveArtifact('weights.bin', new Uint8Array(weights.buffer));
    return fault === 'bad-summary' ? { steps: 'many' } : { steps };
  },
};

async function misbehave(fault: TinyConfig['fault'], ctx: Parameters<typeof tinyMethod.run>[1]): Promise<void> {
  switch (fault) {
    case 'throw':
      throw new Error('as asked');
    case 'data':
      throw new DataError('no such data');
    case 'non-finite':
      throw new NonFiniteError('loss is NaN');
    case 'stop':
      throw new Stopped();
    case 'deaf':
      ctx.log('info', 'deaf');
      await delay(3_600_000); // takes messages, but never looks at them
      return;
    case 'idle':
      while ((await ctx.shouldStop()) === 'no') await delay(1); // until somebody wants it to stop
      return;
    case 'exit':
      process.stderr.write('last words\n');
      process.exit(3);
      return;
    case 'abort':
      process.kill(process.pid, 'SIGKILL');
      await delay(3_600_000);
      return;
    case 'undeclared':
      ctx.report(1, { 'train/mystery': 1 });
      return;
    case 'chatter':
      for (let line = 0; ; line++) {
        ctx.log('info', `line ${line}`); // and never asks whether to go on
        if (line % 1000 === 0) await delay(1);
      }
    case 'block': {
      ctx.log('info', 'blocks');
      await delay(100);
      const until = performance.now() + BLOCK_MS;
      while (performance.now() < until); // as a long operation of a tensor library does
      return;
    }
    case 'kill-worker':
      process.kill(process.ppid, 'SIGKILL');
      await delay(3_600_000);
      return;
    case 'late-throw':
      setImmediate(() => {
        throw new Error('from nowhere');
      });
      await delay(3_600_000);
  }
}

/** The tiny method with its descriptor. */
export const tiny: RunnableMethod = {
  method: tinyMethod as RunnableMethod['method'],
  descriptor: {
    id: 'tiny',
    version: '1',
    title: 'Tiny',
    paper: { title: 'none', arxiv: 'none' },
    description: 'Descends a quadratic.',
    config: { type: 'object', properties: { paceMs: { type: 'integer', minimum: 0, default: 0 } } },
    faults: () => [],
    summary: { type: 'object', properties: { steps: { type: 'integer' } }, required: ['steps'] },
    metrics: [{ name: 'train/loss', unit: '1', better: 'lower', description: 'squared length of the weights' }],
    artifacts: [{ name: 'weights.bin', mediaType: 'application/octet-stream', description: 'final weights' }],
    presets: {},
  },
};
