import { JOB_STATES, type JobState, NEWEST_FIRST, parseJobSort } from '@crucible/contracts';
import { useEffect, useRef } from 'preact/hooks';
import { StateMark } from '../../components/state-mark.tsx';
import { hashOf } from '../../routing/location.ts';
import { navigate } from '../../routing/use-location.ts';
import { JobSort } from './job-sort.tsx';
import { useMethods } from './use-method.ts';

/** What the table shows, as it stands in the address. Empty: no filter. */
export interface JobFilter {
  states: JobState[];
  method: string;
  name: string;
  tag: string;
  /** id of the job whose parts are shown */
  parent: string;
  /** order of the jobs as the API has it; empty: newest first */
  sort: string;
}

/** Reads the filter from the address; states and orders that do not exist are passed over. */
export function filterOf(query: URLSearchParams): JobFilter {
  const wanted = (query.get('state') ?? '').split(',');
  return {
    states: JOB_STATES.filter((state) => wanted.includes(state)),
    method: query.get('method') ?? '',
    name: query.get('name') ?? '',
    tag: query.get('tag') ?? '',
    parent: query.get('parent') ?? '',
    sort: sortOf(query.get('sort') ?? ''),
  };
}

function sortOf(sort: string): string {
  if (sort === '' || sort === NEWEST_FIRST) return '';
  try {
    parseJobSort(sort);
    return sort;
  } catch {
    return ''; // an address typed by hand
  }
}

/** The address of a filter. */
export const filterHash = ({ states, method, name, tag, parent, sort }: JobFilter): string =>
  hashOf(['jobs'], { state: states.join(','), method, name, tag, parent, sort });

/** The row of controls above the table. Every change goes into the address; `/` jumps to the name. */
export function JobFilters({ filter }: { filter: JobFilter }) {
  const methods = useMethods();
  const name = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const isTyping = event.target instanceof HTMLElement && /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
      if (event.key !== '/' || isTyping || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      name.current?.focus();
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, []);

  const set = (change: Partial<JobFilter>) => navigate(filterHash({ ...filter, ...change }), 'replace');
  const toggle = (state: JobState) =>
    set({
      states: filter.states.includes(state) ? filter.states.filter((one) => one !== state) : [...filter.states, state],
    });

  return (
    <search class="filters">
      <fieldset class="state-filter">
        <legend class="visually-hidden">States</legend>
        {JOB_STATES.map((state) => (
          <label key={state} class="state-choice">
            <input
              type="checkbox"
              class="visually-hidden"
              checked={filter.states.includes(state)}
              onChange={() => toggle(state)}
            />
            <StateMark state={state} />
          </label>
        ))}
      </fieldset>
      <label>
        <span class="visually-hidden">Method</span>
        <select value={filter.method} onChange={(event) => set({ method: event.currentTarget.value })}>
          <option value="">all methods</option>
          {methods.value?.map(({ id }) => (
            <option key={id} value={id}>
              {id}
            </option>
          ))}
        </select>
      </label>
      <label>
        <span class="visually-hidden">Part of the name</span>
        <input
          ref={name}
          type="search"
          placeholder="part of the name"
          title="The / key jumps here"
          value={filter.name}
          onInput={(event) => set({ name: event.currentTarget.value })}
        />
      </label>
      <JobSort method={filter.method} sort={filter.sort} onChange={(sort) => set({ sort })} />
      {filter.tag !== '' && (
        <button type="button" class="tag" title="Show all tags" onClick={() => set({ tag: '' })}>
          {filter.tag} ×
        </button>
      )}
      {filter.parent !== '' && (
        <button type="button" class="tag" title="Show jobs that are no parts" onClick={() => set({ parent: '' })}>
          parts of {filter.parent.slice(0, 13)}… ×
        </button>
      )}
    </search>
  );
}
