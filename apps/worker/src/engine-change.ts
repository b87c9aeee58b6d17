import type { EngineInfo } from '@crucible/contracts';

/** Everything about an engine that decides the last bits of a result. */
const identityOf = ({ name, device, threads, isa, versions }: EngineInfo): string =>
  JSON.stringify([name, device, threads, isa, Object.entries(versions).sort()]);

const describe = ({ name, device, threads, isa, versions }: EngineInfo): string =>
  [`${name} on ${device}`, `${threads} thread(s)`, isa, ...Object.entries(versions).map((entry) => entry.join(' '))]
    .filter((part) => part !== '')
    .join(', ');

/**
 * A warning for a job that goes on from a checkpoint on another engine than the checkpoint's; null on the same one.
 *
 * Such a resumption is allowed, but no longer repeats to the last bit what a run without a break would have computed.
 */
export function engineChange(before: EngineInfo, now: EngineInfo): string | null {
  if (identityOf(before) === identityOf(now)) return null;
  return (
    `The checkpoint comes from another engine (${describe(before)}) than this attempt's (${describe(now)}): ` +
    'results go on from it, but are not those of a run without a break to the last bit.'
  );
}
