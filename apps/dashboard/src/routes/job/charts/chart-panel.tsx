import { useState } from 'preact/hooks';
import { formatCount, formatValue } from '../../../format/number.ts';
import { Chart, type NamedCurve } from './chart.tsx';
import type { Curve } from './curve.ts';
import type { ChartGroup } from './group-series.ts';
import { penOf } from './palette.ts';
import type { Curves } from './use-curves.ts';

interface ChartPanelProps {
  group: ChartGroup;
  curves: Curves;
  marks: readonly { step: number; label: string }[];
}

/** One chart with its title and a legend that gives the value under the pointer, else the last one. */
export function ChartPanel({ group, curves, marks }: ChartPanelProps) {
  const [step, setStep] = useState<number | null>(null);
  const shown = group.metrics.flatMap((metric) => {
    const curve = curves.get(metric.name);
    return curve === undefined ? [] : [{ metric, curve }];
  });
  const named: NamedCurve[] = shown.map(({ metric, curve }) => ({ name: metric.name, curve }));
  const numGaps = shown.reduce((sum, { curve }) => sum + curve.series.nonFinite, 0);
  const last = shown.map(({ metric, curve }) => `${metric.name} ${formatValue(lastValue(curve), metric.unit)}`);

  return (
    <figure class="panel chart-panel">
      <figcaption>
        <h2>{group.title}</h2>
        <span class="muted figure">{step === null ? 'last values' : `at step ${formatCount(step)}`}</span>
      </figcaption>
      <ul class="legend">
        {shown.map(({ metric, curve }, index) => {
          const { color, dash } = penOf(index);
          return (
            <li key={metric.name} title={metric.description}>
              <svg width="22" height="8" aria-hidden="true">
                <line
                  x1="1"
                  x2="21"
                  y1="4"
                  y2="4"
                  style={{ stroke: `var(${color})` }}
                  stroke-width="2"
                  stroke-dasharray={dash.join(' ')}
                />
              </svg>
              {metric.name !== group.title && <span class="legend-name">{shortName(metric.name, group.title)}</span>}
              <span class="figure">
                {formatValue(step === null ? lastValue(curve) : valueBefore(curve, step), metric.unit)}
              </span>
            </li>
          );
        })}
      </ul>
      <Chart
        curves={named}
        unit={group.unit}
        section={group.section}
        marks={marks}
        description={`${group.title} over steps. Last values: ${last.join(', ')}.`}
        onStep={setStep}
      />
      {numGaps > 0 && (
        <p class="muted">
          {numGaps === 1 ? 'One value was' : `${formatCount(numGaps)} values were`} not finite: a gap in the curve.
        </p>
      )}
    </figure>
  );
}

/** The part of a metric's name that its title does not say already. */
const shortName = (name: string, title: string): string => {
  if (name.startsWith(`${title}/`) || name.startsWith(`${title}-`)) return name.slice(title.length + 1);
  return name.endsWith(`/${title}`) ? name.slice(0, -title.length - 1) : name;
};

const lastValue = (curve: Curve): number => Number(curve.series.lastValue);

/** The value at `step`, or the last one before it: curves report at different steps. */
function valueBefore(curve: Curve, step: number): number {
  let value: number | null | undefined;
  for (const [index, at] of curve.steps.entries()) {
    if (at > step) break;
    value = curve.values[index];
  }
  return value ?? Number.NaN;
}
