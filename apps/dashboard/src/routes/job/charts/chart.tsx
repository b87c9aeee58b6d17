import { useEffect, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import { alignCurves, hasBands } from './align-curves.ts';
import { CHART_HEIGHT, chartOptions } from './chart-options.ts';
import type { Curve } from './curve.ts';

/** Points up to which a curve shows each as a dot. */
const MAX_DOTS = 30;

export interface NamedCurve {
  name: string;
  curve: Curve;
}

interface ChartProps {
  curves: readonly NamedCurve[];
  unit: string;
  /** charts with the same section move together */
  section: string;
  /** what the chart shows, for those who cannot see it */
  description: string;
  marks: readonly { step: number; label: string }[];
  /** called with the step under the pointer, null when it leaves */
  onStep(step: number | null): void;
}

/** Curves over steps. Drawn anew when the set of curves or the colour scheme changes, else only given new points. */
export function Chart({ curves, unit, section, description, marks, onStep }: ChartProps) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const latest = useRef({ curves, marks, onStep });
  latest.current = { curves, marks, onStep };
  const scheme = useScheme();

  const names = curves.map(({ name }) => name);
  const withBands = hasBands(curves.map(({ curve }) => curve));
  const data = alignCurves(
    curves.map(({ curve }) => curve),
    withBands,
  );
  const lastData = useRef(data);
  lastData.current = data;
  const shape = `${names.join(' ')} ${unit} ${withBands} ${scheme}`;

  // `shape` stands for all that the options are made of.
  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const options = chartOptions({
      names,
      unit,
      section,
      withBands,
      width: element.clientWidth,
      element,
      isSparse: (index) => (latest.current.curves[index]?.curve.steps.length ?? 0) <= MAX_DOTS,
      marks: () => latest.current.marks,
      onCursor: (index) => latest.current.onStep(index === null ? null : (lastData.current[0][index] ?? null)),
    });
    const made = new uPlot(options, lastData.current, element);
    plot.current = made;
    const observer = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: CHART_HEIGHT }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [shape]);

  // `data` is made anew by every rendering, the curves it comes from are not.
  useEffect(() => {
    const made = plot.current;
    if (made === null) return;
    const [steps] = made.data;
    const { min, max } = made.scales.x ?? {};
    // New points must not throw a reader out of the part that they have zoomed into.
    const isZoomed = min != null && max != null && (min > (steps[0] ?? min) || max < (steps[steps.length - 1] ?? max));
    made.setData(data, !isZoomed);
    if (isZoomed) made.redraw();
  }, [...curves.map(({ curve }) => curve), marks.length]);

  return (
    <div
      ref={box}
      class="chart"
      role="img"
      aria-label={description}
      title="Drag to zoom, double click to see all"
      style={{ minHeight: `${CHART_HEIGHT}px` }}
    />
  );
}

/** `dark` or `light`, as the system says now. */
function useScheme(): string {
  const query = '(prefers-color-scheme: dark)';
  const [isDark, setIsDark] = useState(() => window.matchMedia(query).matches);
  useEffect(() => {
    const media = window.matchMedia(query);
    const onChange = () => setIsDark(media.matches);
    media.addEventListener('change', onChange);
    return () => media.removeEventListener('change', onChange);
  }, []);
  return isDark ? 'dark' : 'light';
}
