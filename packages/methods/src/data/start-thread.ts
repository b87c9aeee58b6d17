import { Worker } from 'node:worker_threads';

/**
 * Starts a module of this package, named without extension and relative to this file, in a thread.
 *
 * A process that runs from source has a transpiler that its threads do not inherit, so there the thread first registers
 * it for itself. The extension tells source and build apart.
 */
export function startThread(name: string, workerData: unknown): Worker {
  const isSource = import.meta.url.endsWith('.ts');
  const program = new URL(`./${name}${isSource ? '.ts' : '.js'}`, import.meta.url);
  if (!isSource) return new Worker(program, { workerData });
  const [transpiler, source] = [import.meta.resolve('tsx/esm/api'), program.href].map((url) => JSON.stringify(url));
  const code = `import(${transpiler}).then(({ register }) => { register(); return import(${source}); });`;
  return new Worker(code, { eval: true, workerData });
}
