/**
 * @file Program of the engine probe: starts the engine that its argument, an engine request as JSON, asks for, says
 * what it is or why there is none, and ends.
 */
import { EngineUnavailableError } from '@crucible/engine-native';
import { startEngine } from './engine.ts';
import { connectParent } from './parent-link.ts';
import { failureOf } from './run-child.ts';

const link = connectParent(process);
try {
  link.send({ kind: 'ready', engine: await startEngine(JSON.parse(process.argv[2] ?? '')) });
} catch (error) {
  if (error instanceof EngineUnavailableError) {
    const { engine, code, reason: message } = error;
    link.send({ kind: 'engine-refused', reason: { engine, code, message } });
  } else link.send(failureOf(error));
}
await link.drained(0);
process.exit();
