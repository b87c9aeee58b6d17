import type { Slot } from '@crucible/contracts';

/**
 * Turns that a thread spins at a barrier before it sleeps: some tens of microseconds, as long as the pause between two
 * kernels of a small network. A training step of one took 60 ms without spinning, 43 with it; without a bound, threads
 * would take the cores from the worker's heartbeats and from other jobs.
 */
const SPIN_COUNT = 20_000;

/** Environment that binds a child to its slots. A fixed number of threads keeps sums in one order. */
export function slotEnv(slots: readonly Slot[], threads: number): Record<string, string> {
  return {
    CUDA_VISIBLE_DEVICES: slots
      .filter(({ kind }) => kind === 'gpu')
      .map(({ index }) => index)
      .join(','),
    TF_FORCE_GPU_ALLOW_GROWTH: 'true',
    OMP_NUM_THREADS: String(threads),
    OMP_DYNAMIC: 'false',
    GOMP_SPINCOUNT: String(SPIN_COUNT),
    TF_NUM_INTRAOP_THREADS: String(threads),
    TF_NUM_INTEROP_THREADS: '1',
  };
}
