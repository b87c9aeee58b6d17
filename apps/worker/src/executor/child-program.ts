import { connectParent } from './parent-link.ts';
import { type ChildParts, failureOf, runChild } from './run-child.ts';

/**
 * The whole life of a child process: connects, runs the method of its attempt, ends. Exit frees the memory of the GPU,
 * which nothing else does dependably.
 *
 * @param methodOf undefined for an unknown id
 * @param loadEngine starts the tensor engine of this process
 */
export async function childProgram(
  methodOf: ChildParts['methodOf'],
  loadEngine: ChildParts['loadEngine'],
): Promise<never> {
  const link = connectParent(process);
  process.on('uncaughtException', (error) => {
    link.send(failureOf(error));
    void link.drained(0).then(() => process.exit(1));
  });
  await runChild({ link, methodOf, loadEngine });
  return process.exit();
}
