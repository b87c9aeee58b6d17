import type { CrucibleClient } from '@crucible/client';
import { useRef } from 'preact/hooks';
import { type Resource, useResource } from '../../../live/use-resource.ts';
import { useSession } from '../../../session/session-context.ts';
import { type Curve, curveOf, extendCurve, missingPoints } from './curve.ts';

export type Curves = ReadonlyMap<string, Curve>;

/** Every curve of a job, kept up to date by reading only the points that are new. */
export function useCurves(jobId: string): Resource<Curves> {
  const { client } = useSession();
  const held = useRef<{ jobId: string; curves: Curves }>({ jobId, curves: new Map() });
  return useResource(
    `curves ${jobId}`,
    async (signal) => {
      const known: Curves = held.current.jobId === jobId ? held.current.curves : new Map();
      const curves = await readCurves(client, jobId, known, signal);
      held.current = { jobId, curves };
      return curves;
    },
    [`job:${jobId}`, `progress:${jobId}`],
  );
}

async function readCurves(client: CrucibleClient, jobId: string, known: Curves, signal: AbortSignal): Promise<Curves> {
  const list = await client.series(jobId, { signal });
  let hasNews = list.length !== known.size;
  const entries = await Promise.all(
    list.map(async (series): Promise<[string, Curve]> => {
      const { key } = series;
      const curve = known.get(key);
      const missing = missingPoints(curve, series);
      if (curve !== undefined && missing === 'nothing') return [key, curve];
      hasNews = true;
      if (curve !== undefined && typeof missing === 'object')
        return [key, extendCurve(curve, await client.points(jobId, { key, ...missing }, { signal }), series)];
      return [key, curveOf(await client.points(jobId, { key }, { signal }), series)];
    }),
  );
  return hasNews ? new Map(entries) : known;
}
