import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { EngineInfo, MethodDescriptor, ToChild } from '@crucible/contracts';
import { type Checkpoint, createRng, type MethodContext, openDataset, type StopRequest } from '@crucible/methods';
import { assertJson } from './assert-json.ts';
import { createMetricBuffer } from './metric-buffer.ts';
import type { ParentLink } from './parent-link.ts';
import { INPUTS_FOLDER, SpoolError, writeSpoolFile, writeTensors } from './spool.ts';

export type StartMessage = Extract<ToChild, { kind: 'start' }>;

export interface ContextParts {
  start: StartMessage;
  engine: EngineInfo;
  descriptor: Pick<MethodDescriptor, 'id' | 'metrics' | 'artifacts'>;
  link: ParentLink;
  resumeFrom: Checkpoint | null;
  /** what the worker has asked for so far */
  stopRequest: () => StopRequest;
  /** resolves once the worker can take more */
  released: () => Promise<void>;
}

/** The context of a method, with what only the runner may call. */
export interface ChildContext extends MethodContext {
  /** Sends the points that wait. */
  flush(): void;
}

/** Everything that a method may touch, over the link to the worker and the folder of the attempt. */
export function createContext(parts: ContextParts): ChildContext {
  const { start, engine, descriptor, link, resumeFrom, stopRequest, released } = parts;
  const metricNames = new Set(descriptor.metrics.map(({ name }) => name));
  const metrics = createMetricBuffer(
    (points) => link.send({ kind: 'metrics', points }),
    () => performance.now(),
  );
  let lastStep = resumeFrom?.step ?? 0;
  let files = 0;

  /** A path in the spool that was not given out before. */
  const newPath = async (kind: string): Promise<string> => {
    await mkdir(start.spoolDir, { recursive: true });
    return join(start.spoolDir, `${kind}-${++files}`);
  };

  return {
    engine,
    resumeFrom,
    rng: (name) => createRng(start.seed, name),
    data: (config) => openDataset(config, start.dataDir, createRng(start.seed, 'dataset/subset')),
    seconds: () => performance.now() / 1000,

    async input({ sha256 }) {
      if (sha256 === undefined) throw new Error('the reference has no hash: nothing was brought for it');
      const path = join(start.spoolDir, INPUTS_FOLDER, sha256);
      return readFile(path).catch((cause: Error) => {
        throw new SpoolError(`${path} cannot be read: ${cause.message}`, { cause });
      });
    },

    flush: metrics.flush,

    async shouldStop() {
      metrics.flushIfOld();
      await setImmediate(); // a turn of the event loop: messages come in, and a closed channel is noticed
      await link.drained();
      await released();
      return stopRequest();
    },

    report(step, values) {
      if (!Number.isSafeInteger(step) || step < 0)
        throw new RangeError(`report: want a whole step of at least 0, got ${step}`);
      const undeclared = Object.keys(values).filter((name) => !metricNames.has(name));
      if (undeclared.length > 0)
        throw new Error(`${descriptor.id} reports ${undeclared.join(', ')}, which its descriptor does not declare`);
      lastStep = Math.max(lastStep, step);
      const timeMs = Date.now();
      metrics.add(Object.entries(values).map(([key, value]) => ({ key, step, value, timeMs })));
    },

    progress: (progress) => link.send({ kind: 'progress', progress, step: lastStep }),

    log: (level, message, fields) =>
      link.send({
        kind: 'log',
        level,
        message,
        fields: fields === undefined ? null : { ...fields },
        timeMs: Date.now(),
      }),

    async saveCheckpoint({ step, state, tensors }) {
      assertJson(state, 'checkpoint.state');
      const dir = await newPath('checkpoint');
      const entries = await writeTensors(tensors, dir);
      lastStep = Math.max(lastStep, step);
      metrics.flush(); // the checkpoint must not be stored before the points that lead to it
      link.send({
        kind: 'checkpoint',
        manifest: { format: 1, method: descriptor.id, step, state, tensors: entries },
        dir,
      });
      await link.drained();
    },

    async saveArtifact(name, content) {
      const declared = descriptor.artifacts.find((artifact) => artifact.name === name);
      if (declared === undefined)
        throw new Error(`${descriptor.id} saves the artifact ${name}, which its descriptor does not declare`);
      const path = await newPath('artifact');
      await writeSpoolFile(path, typeof content === 'string' ? new TextEncoder().encode(content) : content);
      metrics.flush();
      const { mediaType, description } = declared;
      link.send({ kind: 'artifact', name, mediaType, description, path });
      await link.drained();
    },
  };
}
