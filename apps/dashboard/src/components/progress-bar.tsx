import type { JobView } from '@crucible/contracts';
import { formatCount } from '../format/number.ts';

/** How far a job has come in its phase; nothing before the first report. */
export function ProgressBar({ progress }: { progress: JobView['progress'] }) {
  if (progress === null) return null;
  const { phase, done, total } = progress;
  const share = total > 0 ? Math.min(1, done / total) : 0;
  return (
    <span class="progress">
      <span class="progress-words">
        <span class="progress-phase">{phase}</span>
        <span class="figure">
          {formatCount(done)} / {formatCount(total)}
        </span>
      </span>
      <progress max={1} value={share} aria-label={`${phase}: ${Math.round(share * 100)} %`} />
    </span>
  );
}
