import { startEngine } from './engine.ts';
import { connectParent } from './parent-link.ts';
import { failureOf, type RunnableMethod, runChild } from './run-child.ts';

/**
 * The whole life of a child process: connects, runs the method of its attempt, ends. Exit frees the memory of the GPU,
 * which nothing else does dependably.
 *
 * @param methodOf undefined for an unknown id
 */
export async function childProgram(methodOf: (id: string) => RunnableMethod | undefined): Promise<never> {
  const link = connectParent(process);
  process.on('uncaughtException', (error) => {
    link.send(failureOf(error));
    void link.drained(0).then(() => process.exit(1));
  });
  await runChild({ link, methodOf, loadEngine: startEngine });
  return process.exit();
}
