/** Least ratios of the peer's CPU time to ours at one thread. */
const RATIOS: Readonly<Record<string, number>> = {
  'cnn.step.f32.t1': 1.7,
  'resnet.step.f32.t1': 1.7,
  'mobile.step.f32.t1': 1.5,
  'zen.forward.f32.t1': 1.7,
  'cnn.step.bf16.t1': 1.9,
  'resnet.step.bf16.t1': 1.3,
  'mobile.step.bf16.t1': 1.5,
};
/** Largest share of the time at one thread that two threads may take. */
const MAX_SCALING = 0.6;
/** Largest growth of resident memory between the first and the last reading. */
const MAX_GROWTH = 0.02;

/** Results by name, as `resnet.step.f32.t1`. */
export interface Results {
  readonly ratios: Readonly<Record<string, number>>;
  /** Wall time at two threads over that at one. */
  readonly scaling: Readonly<Record<string, number>>;
  readonly memory: Readonly<Record<string, { readonly growth: number }>>;
  readonly slowPath: Readonly<Record<string, number>>;
}

/** Names what was measured and misses its target. */
export function missedTargets({ ratios, scaling, memory, slowPath }: Results): string[] {
  const ratioMisses = Object.entries(RATIOS)
    .filter(([name, least]) => (ratios[name] ?? least) < least)
    .map(([name, least]) => `${name} ${ratios[name]} < ${least}`);
  const scalingMisses = Object.entries(scaling)
    .filter(([name, share]) => name.includes('.step.') && share > MAX_SCALING)
    .map(([name, share]) => `${name} t2/t1 ${share} > ${MAX_SCALING}`);
  const memoryMisses = Object.entries(memory)
    .filter(([, { growth }]) => growth > MAX_GROWTH)
    .map(([name, { growth }]) => `${name} memory growth ${growth} > ${MAX_GROWTH}`);
  const slowMisses = Object.entries(slowPath)
    .filter(([, count]) => count > 0)
    .map(([name, count]) => `${name} slow path ${count}`);
  return [...ratioMisses, ...scalingMisses, ...memoryMisses, ...slowMisses];
}
