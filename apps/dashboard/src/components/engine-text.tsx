import type { EngineInfo } from '@crucible/contracts';

/** What executes tensors: engine, device, threads and instruction set. */
export function EngineText({ engine }: { engine: EngineInfo | null }) {
  if (engine === null) return <span class="none">–</span>;
  const details = [engine.device, `${engine.threads} ${engine.threads === 1 ? 'thread' : 'threads'}`, engine.isa];
  return (
    <span>
      {engine.name} <span class="muted">· {details.filter(Boolean).join(' · ')}</span>
    </span>
  );
}
