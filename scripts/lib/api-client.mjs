const REQUEST_LIMIT_MS = 30_000;

/** Text of an `application/problem+json` answer, each fault on a line of its own. */
function describe(status, text) {
  try {
    const { title, detail, faults = [] } = JSON.parse(text);
    const lines = faults.map(({ pointer, message }) => `  ${pointer}: ${message}`);
    return [`HTTP ${status}: ${detail ?? title}`, ...lines].join('\n');
  } catch {
    return `HTTP ${status}: ${text.slice(0, 500)}`;
  }
}

/**
 * Client of the service's HTTP API.
 *
 * @param {string} base address of the API
 * @param {string} key API key
 */
export function createClient(base, key) {
  const authorization = { authorization: `Bearer ${key}` };
  const send = async (path, options = {}) => {
    const headers = { ...authorization, ...options.headers };
    const signal = AbortSignal.timeout(REQUEST_LIMIT_MS);
    const response = await fetch(`${base}${path}`, { signal, ...options, headers });
    const text = await response.text();
    if (response.ok) return JSON.parse(text);
    const method = options.method ?? 'GET';
    throw Object.assign(new Error(`${method} ${path}: ${describe(response.status, text)}`), {
      status: response.status,
    });
  };
  return {
    base,
    get: (path) => send(path),
    /** The `idempotencyKey` makes a repeated submission answer with the first one's result. */
    post: (path, body, idempotencyKey) =>
      send(path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'idempotency-key': idempotencyKey },
        body: JSON.stringify(body),
      }),
    /** Opens a Server-Sent Events stream. */
    stream: async (path, signal) => {
      const response = await fetch(`${base}${path}`, {
        headers: { ...authorization, accept: 'text/event-stream' },
        signal,
      });
      if (!response.ok) throw new Error(`GET ${path}: ${describe(response.status, await response.text())}`);
      return response.body;
    },
  };
}
