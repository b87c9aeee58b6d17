import { CrucibleError, type Fault } from '../errors.ts';
import type { CutJob } from '../job-part.ts';
import { mergeConfig } from '../merge-config.ts';
import type { MethodDescriptor, Preset } from '../method.ts';
import { resolve } from '../validate.ts';
import { genet } from './genet.ts';
import { kernelDistillation } from './kernel-distillation.ts';
import { labelSmoothing } from './label-smoothing.ts';
import { multipassSgd } from './multipass-sgd.ts';
import { noisyLabels } from './noisy-labels.ts';
import { wemix } from './wemix.ts';
import { zenNas } from './zen-nas.ts';

/** Every method by its id, in the order in which they are listed. */
export const METHODS = {
  'zen-nas': zenNas,
  genet,
  'kernel-distillation': kernelDistillation,
  wemix,
  'label-smoothing': labelSmoothing,
  'noisy-labels': noisyLabels,
  'multipass-sgd': multipassSgd,
} as const satisfies Record<string, MethodDescriptor>;

export type MethodId = keyof typeof METHODS;

export const METHOD_IDS = Object.keys(METHODS) as MethodId[];

export const isMethodId = (id: string): id is MethodId => Object.hasOwn(METHODS, id);

/**
 * The config that will run: method defaults, then the preset, then what was submitted.
 *
 * @throws CrucibleError `unknown-method`, `unknown-preset` or `invalid-config` with every fault at once
 */
export function resolveConfig(methodId: string, submitted: unknown, presetName?: string): unknown {
  if (!isMethodId(methodId))
    throw new CrucibleError('unknown-method', `There is no method "${methodId}"; known are ${METHOD_IDS.join(', ')}.`, {
      faults: [{ pointer: '/method', message: `must be one of ${METHOD_IDS.join(', ')}` }],
    });
  const method: MethodDescriptor = METHODS[methodId];
  let preset: Preset | undefined;
  if (presetName !== undefined) {
    preset = Object.hasOwn(method.presets, presetName) ? method.presets[presetName] : undefined;
    if (preset === undefined) {
      const known = Object.keys(method.presets).join(', ');
      throw new CrucibleError('unknown-preset', `${methodId} has no preset "${presetName}"; known are ${known}.`, {
        faults: [{ pointer: '/preset', message: `must be one of ${known}` }],
      });
    }
  }
  const resolved = resolve(method.config, mergeConfig(preset?.config ?? {}, submitted));
  const faults: Fault[] = resolved.value === null ? resolved.faults : method.faults(resolved.value as never);
  if (faults.length > 0)
    throw new CrucibleError('invalid-config', `The config has ${faults.length} fault${faults.length > 1 ? 's' : ''}.`, {
      faults: faults.map(({ pointer, message }) => ({ pointer: `/config${pointer}`, message })),
    });
  return resolved.value;
}

/** The jobs that one of this method and resolved config becomes on the pool; null: it runs as one. */
export function cutJob(methodId: string, config: unknown): CutJob | null {
  const method: MethodDescriptor | undefined = isMethodId(methodId) ? METHODS[methodId] : undefined;
  return method?.cut?.(config as never) ?? null;
}
