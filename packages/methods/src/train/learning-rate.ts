/**
 * Learning rate of the step with index `step`: rises linearly to `peak` over the first `warmupSteps` steps, then falls
 * to zero along half a cosine.
 *
 * @param step from 0 to `totalSteps - 1`
 */
export function cosineLearningRate(step: number, totalSteps: number, warmupSteps: number, peak: number): number {
  if (step < warmupSteps) return (peak * (step + 1)) / warmupSteps;
  const progress = (step - warmupSteps) / Math.max(1, totalSteps - warmupSteps);
  return (peak * (1 + Math.cos(Math.PI * Math.min(1, progress)))) / 2;
}
