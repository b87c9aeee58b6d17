/** @file Program of the child of an attempt: one engine, one method, one run. */
import { isMethodId, METHODS } from '@crucible/contracts';
import { RUNNERS } from '@crucible/methods';
import { childProgram } from './child-program.ts';
import { startEngine } from './engine.ts';

await childProgram(
  (id) => (isMethodId(id) ? { descriptor: METHODS[id], method: RUNNERS[id] } : undefined),
  startEngine,
);
