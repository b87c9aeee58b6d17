import readline from 'node:readline';
import { adapterFactory } from './adapter.mjs';
import { connectionTo } from './connection.mjs';
import { loadEngine } from './wasm.mjs';

/** JSON-RPC error code under which Prisma looks for the engine's own error. */
const ENGINE_ERROR = 4466;

const send = (message) => process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);

async function answer(request, databaseUrl, engine) {
  const { method } = request;
  if (method === 'createDatabase') return { databaseName: connectionTo(databaseUrl).database };
  const params = Array.isArray(request.params) ? request.params[0] : request.params;
  const result = await (await engine())[method === 'getDatabaseVersion' ? 'version' : method](params);
  if (method === 'diff' && result?.stdout) send({ method: 'print', params: { content: result.stdout }, id: 0 });
  return result ?? null;
}

/**
 * Serves one JSON request per input line until the input ends. The engine is loaded at the first one.
 *
 * @param {{ databaseUrl: string, models: [string, string][] }} request
 */
export async function serveRpc({ databaseUrl, models }) {
  let loading = null;
  const engine = () => {
    loading ??= loadEngine(models, adapterFactory(databaseUrl));
    return loading;
  };
  for await (const line of readline.createInterface({ input: process.stdin })) {
    if (line.trim() === '') continue;
    const request = JSON.parse(line);
    try {
      send({ id: request.id, result: await answer(request, databaseUrl, engine) });
    } catch (error) {
      const data = {
        is_panic: false,
        message: error.message,
        meta: error.meta ?? null,
        error_code: error.code ?? null,
      };
      const message = 'An error happened. Check the data field for details.';
      send({ id: request.id, error: { code: ENGINE_ERROR, message, data } });
    }
  }
}
