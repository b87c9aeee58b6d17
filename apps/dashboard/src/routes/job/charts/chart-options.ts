import type uPlot from 'uplot';
import { formatTick, unitLabel } from '../../../format/number.ts';
import { penOf } from './palette.ts';

/** Height of the drawing with its axes, in CSS pixels. */
export const CHART_HEIGHT = 230;

export interface ChartOptions {
  /** names of the curves, in the order of their columns */
  names: readonly string[];
  /** true when the curve at an index has so few points that each is drawn as a dot */
  isSparse(index: number): boolean;
  unit: string;
  /** charts with the same section move together */
  section: string;
  withBands: boolean;
  width: number;
  /** where custom properties of the page's scheme are read */
  element: HTMLElement;
  /** steps at which a later attempt went on, marked by a line */
  marks(): readonly { step: number; label: string }[];
  /** called with the row under the pointer, null when it leaves */
  onCursor(index: number | null): void;
}

/** uPlot's options for one group of curves: axes with units, a line for each attempt, cursor and zoom shared by section. */
export function chartOptions(options: ChartOptions): uPlot.Options {
  const { names, unit, withBands, width, element } = options;
  const style = getComputedStyle(element);
  const color = (name: string) => style.getPropertyValue(name).trim();
  const font = `11px ${style.fontFamily}`;
  const axis = {
    font,
    labelFont: font,
    stroke: color('--muted'),
    ticks: { stroke: color('--line'), width: 1, size: 4 },
  };
  const columns = withBands ? 3 : 1;
  const scale = unit === 'fraction' ? 100 : 1;

  const series: uPlot.Series[] = [{}];
  const bands: uPlot.Band[] = [];
  for (const [index, name] of names.entries()) {
    const { color: property, dash } = penOf(index);
    const stroke = color(property);
    series.push({
      label: name,
      stroke,
      width: 1.75,
      dash: [...dash],
      points: { size: 6, fill: stroke, show: () => options.isSparse(index) },
    });
    if (!withBands) continue;
    const edge: uPlot.Series = { stroke: 'transparent', width: 0, points: { show: false } };
    series.push(edge, { ...edge });
    const low = 1 + index * columns + 1;
    bands.push({ series: [low + 1, low], fill: `color-mix(in srgb, ${stroke} 18%, transparent)` });
  }

  return {
    width,
    height: CHART_HEIGHT,
    series,
    bands,
    legend: { show: false },
    scales: { x: { time: false } },
    padding: [10, 14, 0, 0],
    axes: [
      {
        ...axis,
        label: 'step',
        labelSize: 16,
        size: 30,
        grid: { stroke: color('--grid'), width: 1 },
        values: (_plot, splits) => splits.map((step) => (Number.isInteger(step) ? formatTick(step) : '')),
      },
      {
        ...axis,
        label: unitLabel(unit),
        labelSize: unitLabel(unit) === '' ? 0 : 16,
        size: 52,
        grid: { stroke: color('--grid'), width: 1 },
        values: (_plot, splits) => splits.map((value) => formatTick(value * scale)),
      },
    ],
    cursor: { sync: { key: options.section }, y: false, points: { size: 7 }, drag: { x: true, y: false, uni: 20 } },
    hooks: {
      setCursor: [(plot) => options.onCursor(plot.cursor.idx ?? null)],
      draw: [(plot) => drawMarks(plot, options.marks(), color('--muted'), font)],
    },
  };
}

function drawMarks(plot: uPlot, marks: readonly { step: number; label: string }[], stroke: string, font: string): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.strokeStyle = stroke;
  ctx.fillStyle = stroke;
  ctx.font = font.replace(/^(\d+)px/, (_all, size) => `${Number(size) * devicePixelRatio}px`);
  ctx.setLineDash([3 * devicePixelRatio, 3 * devicePixelRatio]);
  for (const { step, label } of marks) {
    const x = Math.round(plot.valToPos(step, 'x', true));
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    const isLeft = x > bbox.left + bbox.width * 0.8; // no room on the right
    ctx.textAlign = isLeft ? 'right' : 'left';
    ctx.fillText(label, x + (isLeft ? -5 : 5) * devicePixelRatio, bbox.top + 10 * devicePixelRatio);
  }
  ctx.restore();
}
