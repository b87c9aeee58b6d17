import type { EngineInfo, FromChild, LogLevel, Progress } from '@crucible/contracts';
import type { LastMessage } from './executor/outcome.ts';
import type { Recorder } from './recorder.ts';

/** What a child has said, as far as its worker remembers it; everything else is in the recorder. */
export interface ChildReports {
  /** last step that the method reported */
  readonly step: number;
  readonly progress: Progress | null;
  /** how the child says it ended */
  readonly last: LastMessage | null;
  take(message: FromChild): void;
  /** A log line of the worker itself about this attempt. */
  say(level: LogLevel, message: string, fields?: Record<string, unknown>): void;
}

/**
 * Hands every message of a child to the recorder.
 *
 * @param onMove is called at each new step and at new progress
 */
export function createChildReports(
  recorder: Recorder,
  firstStep: number,
  onEngine: (engine: EngineInfo) => void,
  onMove: () => void,
): ChildReports {
  let step = firstStep;
  let progress: Progress | null = null;
  let last: LastMessage | null = null;
  const say = (level: LogLevel, message: string, fields: Record<string, unknown> | null = null) =>
    recorder.log({ timeMs: Date.now(), level, message, fields });
  return {
    get step() {
      return step;
    },
    get progress() {
      return progress;
    },
    get last() {
      return last;
    },
    say,
    take(message) {
      const before = step;
      switch (message.kind) {
        case 'ready':
          onEngine(message.engine);
          break;
        case 'metrics':
          recorder.metrics(message.points);
          step = message.points.reduce((most, point) => Math.max(most, point.step), step);
          break;
        case 'log': {
          const { timeMs, level, message: text, fields } = message;
          recorder.log({ timeMs, level, message: text, fields });
          break;
        }
        case 'progress':
          progress = message.progress;
          step = Math.max(step, message.step);
          break;
        case 'checkpoint':
          recorder.checkpoint(message.manifest, message.dir);
          step = Math.max(step, message.manifest.step);
          break;
        case 'artifact':
          recorder.artifact(message.name, message.mediaType, message.path);
          break;
        case 'failed':
          say('error', message.message, { endCode: message.endCode, stack: message.stack });
          last = message;
          break;
        case 'done':
        case 'stopped':
          last = message;
      }
      if (step > before || message.kind === 'progress') onMove();
    },
  };
}
