import type { Slot } from '@crucible/contracts';

/**
 * Environment that binds a child to its slot. Threads sleep while they wait: spinning ones would take the cores from
 * the worker's heartbeats. A fixed number of threads keeps sums in one order.
 */
export function slotEnv(slot: Slot, threads: number): Record<string, string> {
  return {
    CUDA_VISIBLE_DEVICES: slot.kind === 'gpu' ? String(slot.index) : '',
    TF_FORCE_GPU_ALLOW_GROWTH: 'true',
    OMP_NUM_THREADS: String(threads),
    OMP_DYNAMIC: 'false',
    OMP_WAIT_POLICY: 'passive',
    TF_NUM_INTRAOP_THREADS: String(threads),
    TF_NUM_INTEROP_THREADS: '1',
  };
}
