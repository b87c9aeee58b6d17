import type { MetricDescriptor } from '@crucible/contracts';

/** Curves that share one pair of axes. */
export interface ChartGroup {
  title: string;
  unit: string;
  /** charts of one section share their cursor and zoom: their steps count the same thing */
  section: string;
  metrics: MetricDescriptor[];
}

const SPLITS = new Set(['train', 'validation', 'test']);
const STATISTICS = new Set(['best', 'mean', 'median', 'worst', 'min', 'max', 'p5', 'p95']);

/**
 * Which metrics are read together: a quantity over the splits (`train/loss` with `test/loss`), the statistics of one
 * population (`search/best`, `mean`, `worst`), and parts of one count (`search/rejected-...`). All others, rates among
 * them, stand alone; metrics of different units never share an axis. The order is that of the method.
 */
export function groupSeries(metrics: readonly MetricDescriptor[]): ChartGroup[] {
  const stems = new Map<string, number>();
  for (const metric of metrics) stems.set(stemOf(metric), (stems.get(stemOf(metric)) ?? 0) + 1);

  const groups = new Map<string, ChartGroup>();
  for (const metric of metrics) {
    const title = titleOf(metric, (stems.get(stemOf(metric)) ?? 0) > 1);
    const id = `${title} ${metric.unit}`;
    const group = groups.get(id);
    if (group === undefined)
      groups.set(id, { title, unit: metric.unit, section: sectionOf(metric), metrics: [metric] });
    else group.metrics.push(metric);
  }
  return [...groups.values()];
}

const partsOf = (name: string): { before: string; last: string } => {
  const slash = name.lastIndexOf('/');
  return { before: name.slice(0, slash), last: name.slice(slash + 1) };
};

/** The splits are measured along one training; any other phase counts its own steps. */
const sectionOf = ({ name }: MetricDescriptor): string => {
  const { before } = partsOf(name);
  return SPLITS.has(before) ? 'training' : before;
};

/** `search/rejected-depth` -> `search/rejected count`; the name itself where nothing is cut off. */
const stemOf = ({ name, unit }: MetricDescriptor): string => {
  const { before, last } = partsOf(name);
  const dash = last.indexOf('-');
  return dash === -1 ? name : `${before}/${last.slice(0, dash)} ${unit}`;
};

function titleOf(metric: MetricDescriptor, sharesStem: boolean): string {
  const { before, last } = partsOf(metric.name);
  if (STATISTICS.has(last)) return before;
  // A rate of one split is not comparable to that of another: other work is done per sample.
  if (SPLITS.has(before) && metric.unit !== '1/s') return last;
  const dash = last.indexOf('-');
  if (sharesStem && dash !== -1 && !SPLITS.has(before)) return `${before}/${last.slice(0, dash)}`;
  return metric.name;
}
