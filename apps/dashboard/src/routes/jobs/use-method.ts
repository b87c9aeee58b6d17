import type { MethodList, MethodView } from '@crucible/contracts';
import { type Resource, useResource } from '../../live/use-resource.ts';
import { useSession } from '../../session/session-context.ts';

/** The description of a method: its metrics with their units, its config schema. Empty id: nothing is read. */
export function useMethod(id: string): Resource<MethodView | null> {
  const { methodOf } = useSession();
  return useResource<MethodView | null>(`method ${id}`, async () => (id === '' ? null : methodOf(id)), []);
}

/** Every method that the API knows, in short. */
export function useMethods(): Resource<MethodList['data']> {
  const { client } = useSession();
  return useResource('methods', (signal) => client.methods({ signal }), []);
}
