import type { MetricDescriptor } from '@crucible/contracts';

/** `test/accuracy` -> `testAccuracy`: a method names the final value of a metric so in its summary. */
const summaryName = (metric: string): string =>
  metric.replaceAll(/[/-]([a-z0-9])/g, (_all, letter) => letter.toUpperCase());

/** Metrics in the order in which a reader asks for them: measured on held-out data first, then as the method lists. */
const byInterest = (metrics: readonly MetricDescriptor[]): MetricDescriptor[] => {
  const judged = metrics.filter(({ better }) => better !== 'neither');
  const isHeldOut = ({ name, better }: MetricDescriptor) => /^(test|val)\//.test(name) && better === 'higher';
  return [...judged.filter(isHeldOut), ...judged.filter((metric) => !isHeldOut(metric))];
};

/** The one metric that says most about a running job, of those that have points. */
export const keyMetric = (metrics: readonly MetricDescriptor[], hasPoints: (name: string) => boolean) =>
  byInterest(metrics).find(({ name }) => hasPoints(name)) ?? null;

/** The one value that says most about a finished job: that of its best metric, else the first number there is. */
export function keyResult(
  metrics: readonly MetricDescriptor[],
  summary: unknown,
): { name: string; value: number; unit: string } | null {
  if (typeof summary !== 'object' || summary === null) return null;
  const values = new Map(Object.entries(summary));
  for (const { name, unit } of byInterest(metrics)) {
    const value = values.get(summaryName(name));
    if (typeof value === 'number') return { name, value, unit };
  }
  for (const [name, value] of values) if (typeof value === 'number') return { name, value, unit: '' };
  return null;
}
