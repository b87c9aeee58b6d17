import { type Fault, type Need, referencesIn } from '@crucible/contracts';

/** What of a job of a batch says which others it needs. */
export interface LinkedJob {
  ref: string | null;
  needs: readonly Need[];
  config: unknown;
}

interface Link {
  /** index of the needed job in the batch */
  to: number;
  pointer: string;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Faults of what the jobs of a batch need of one another: refs that are given twice or by nobody, and cycles. */
export function refFaults(jobs: readonly LinkedJob[]): Fault[] {
  const faults: Fault[] = [];
  const indexOf = new Map<string, number>();
  jobs.forEach(({ ref }, i) => {
    if (ref === null) return;
    const other = indexOf.get(ref);
    if (other === undefined) indexOf.set(ref, i);
    else faults.push({ pointer: `/jobs/${i}/ref`, message: `is the ref of job ${other} already` });
  });
  const links = jobs.map((job, i) =>
    namesIn(job, `/jobs/${i}`).flatMap(({ name, pointer }): Link[] => {
      const to = indexOf.get(name);
      if (to === undefined && !UUID.test(name))
        faults.push({ pointer, message: `is neither the id of a job nor a ref of this batch` });
      return to === undefined ? [] : [{ to, pointer }];
    }),
  );
  return [...faults, ...cycleFaults(links, (i) => jobs[i]?.ref ?? String(i))];
}

const namesIn = ({ needs, config }: LinkedJob, at: string): { name: string; pointer: string }[] => [
  ...needs.map(({ job }, k) => ({ name: job, pointer: `${at}/needs/${k}/job` })),
  ...referencesIn(config).flatMap(({ pointer, reference }) =>
    'fromJob' in reference ? [{ name: reference.fromJob, pointer: `${at}/config${pointer}/fromJob` }] : [],
  ),
];

/** One fault per link that closes a cycle, found by a walk in depth without recursion: a chain may be long. */
function cycleFaults(links: readonly (readonly Link[])[], nameOf: (index: number) => string): Fault[] {
  const faults: Fault[] = [];
  const isDone = links.map(() => false);
  for (const start of links.keys()) {
    if (isDone[start]) continue;
    const path = [{ at: start, next: 0 }];
    const depthOf = new Map([[start, 0]]);
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const link = links[top.at]?.[top.next++];
      if (link === undefined) {
        isDone[top.at] = true;
        depthOf.delete(top.at);
        path.pop();
        continue;
      }
      const depth = depthOf.get(link.to);
      if (depth !== undefined) {
        const round = [...path.slice(depth).map(({ at }) => nameOf(at)), nameOf(link.to)].join(' needs ');
        faults.push({ pointer: link.pointer, message: `closes a cycle: ${round}` });
      } else if (!isDone[link.to]) {
        depthOf.set(link.to, path.length);
        path.push({ at: link.to, next: 0 });
      }
    }
  }
  return faults;
}
