import { type MetricDescriptor, parseJobSort } from '@crucible/contracts';
import { useMetrics } from './use-method.ts';

const nameOf = (extreme: 'max' | 'min', key: string): string => `${extreme === 'max' ? 'highest' : 'lowest'} ${key}`;

/** The order that puts the best value of a metric first. */
const sortOf = ({ name, better }: MetricDescriptor): string => `metric:${name}:${better === 'lower' ? 'min' : 'max'}`;

/**
 * Chooses the order of the table: by age, or best first by a metric that has a better and a worse.
 *
 * @param method offers the metrics of this one; empty: those of all
 * @param sort empty: newest first
 */
export function JobSort({
  method,
  sort,
  onChange,
}: {
  method: string;
  sort: string;
  onChange: (sort: string) => void;
}) {
  const metrics = useMetrics(method).value ?? [];
  const offered = new Map(
    metrics
      .filter(({ better }) => better !== 'neither')
      .map((metric) => [sortOf(metric), nameOf(metric.better === 'lower' ? 'min' : 'max', metric.name)]),
  );
  const order = sort === '' ? null : parseJobSort(sort);
  if (order?.by === 'metric') offered.set(sort, nameOf(order.extreme, order.key));
  return (
    <label>
      <span class="visually-hidden">Order</span>
      <select value={sort} onChange={(event) => onChange(event.currentTarget.value)}>
        <option value="">newest first</option>
        <option value="submittedAt">oldest first</option>
        {[...offered].map(([value, name]) => (
          <option key={value} value={value}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}
