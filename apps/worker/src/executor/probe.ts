/** @file Program of the engine probe: starts the engine that its arguments name, says what it is, and ends. */
import { startEngine } from './engine.ts';
import { connectParent } from './parent-link.ts';
import { failureOf } from './run-child.ts';

const [name = 'auto', threads] = process.argv.slice(2);
const link = connectParent(process);
try {
  link.send({ kind: 'ready', engine: await startEngine({ name, threads: Number(threads) }) });
} catch (error) {
  link.send(failureOf(error));
}
await link.drained(0);
process.exit();
