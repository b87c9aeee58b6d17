/**
 * @file How a process that ran out of memory shows: V8, the C++ library, the tensor libraries and the system each say it
 * in words of their own, and the kernel's killer says nothing but leaves a count in the control group.
 */
import { readFile } from 'node:fs/promises';

const WORDS =
  /heap out of memory|out of memory|\bstd::bad_alloc\b|array buffer allocation failed|cannot allocate memory|\bENOMEM\b|\bOOM when allocating|RESOURCE_EXHAUSTED|CUDA_ERROR_OUT_OF_MEMORY/i;

/** True when a message or the last words of a process say that there was no memory left. */
export const saysOutOfMemory = (text: string): boolean => WORDS.test(text);

/** Where version 2 and version 1 of control groups keep the count; the paths are those of `/proc/self/cgroup`. */
const placesOf = (cgroups: string): string[] =>
  cgroups.split('\n').flatMap((line) => {
    const [, controllers, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (path === undefined) return [];
    if (controllers === '') return [`/sys/fs/cgroup${path}/memory.events`, '/sys/fs/cgroup/memory.events'];
    if (controllers?.split(',').includes('memory'))
      return [`/sys/fs/cgroup/memory${path}/memory.oom_control`, '/sys/fs/cgroup/memory/memory.oom_control'];
    return [];
  });

/** How many processes of this control group the kernel has killed for memory; null where that cannot be read. */
export async function countOomKills(): Promise<number | null> {
  const cgroups = await readFile('/proc/self/cgroup', 'utf8').catch(() => '');
  for (const place of placesOf(cgroups)) {
    const count = /^oom_kill (\d+)$/m.exec(await readFile(place, 'utf8').catch(() => ''))?.[1];
    if (count !== undefined) return Number(count);
  }
  return null;
}
