import type { MethodList, MethodView, MetricDescriptor } from '@crucible/contracts';
import { type Resource, useResource } from '../../live/use-resource.ts';
import { useSession } from '../../session/session-context.ts';

/** The description of a method: its metrics with their units, its config schema. Empty id: nothing is read. */
export function useMethod(id: string): Resource<MethodView | null> {
  const { methodOf } = useSession();
  return useResource<MethodView | null>(`method ${id}`, async () => (id === '' ? null : methodOf(id)), []);
}

/** The metrics of a method, or of all of them when `id` is empty, each name once. */
export function useMetrics(id: string): Resource<MetricDescriptor[]> {
  const { client, methodOf } = useSession();
  return useResource(
    `metrics ${id}`,
    async (signal) => {
      const ids = id === '' ? (await client.methods({ signal })).map((method) => method.id) : [id];
      const methods = await Promise.all(ids.map(methodOf));
      const all = methods.flatMap(({ metrics }) => metrics);
      return [...new Map(all.map((metric) => [metric.name, metric])).values()];
    },
    [],
  );
}

/** Every method that the API knows, in short. */
export function useMethods(): Resource<MethodList['data']> {
  const { client } = useSession();
  return useResource('methods', (signal) => client.methods({ signal }), []);
}
