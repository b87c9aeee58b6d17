/** Program that loads an engine as its argument, options as JSON, asks and prints what was loaded, or the refusal's code. */
import { EngineUnavailableError } from '../engine-error.ts';
import { loadEngine } from '../probe.ts';

try {
  console.log(JSON.stringify(await loadEngine(JSON.parse(process.argv[2] ?? ''))));
} catch (failure) {
  if (!(failure instanceof EngineUnavailableError)) throw failure;
  console.log(JSON.stringify({ code: failure.code }));
}
process.exit();
