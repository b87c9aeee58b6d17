import { ERRORS } from '@crucible/contracts';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { ERRORS_PAGE } from '../problem-of.ts';

const rows = Object.entries(ERRORS)
  .map(
    ([code, { status, title, retryable }]) =>
      `<tr id="${code}"><th scope="row"><code>${code}</code></th><td>${status}</td><td>${title}</td><td>${
        retryable ? 'yes' : 'no'
      }</td></tr>`,
  )
  .join('\n');

const PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Errors of Crucible</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
table { border-collapse: collapse; width: 100% } th, td { text-align: left; padding: .4rem .8rem; border-top: 1px solid #ccc }
tr:target { background: #fff3bf }
</style>
<h1>Errors</h1>
<p>Every error is <code>application/problem+json</code> with one of these codes. Causes and remedies are in
<code>docs/errors.md</code>.</p>
<table><thead><tr><th>Code</th><th>Status</th><th>Meaning</th><th>Try again?</th></tr></thead><tbody>
${rows}
</tbody></table>
</html>
`;

/** The page that the `type` of every problem points to. */
export const errorsPage: FastifyPluginAsyncTypebox = async (app) => {
  app.get(ERRORS_PAGE, { config: { access: 'open' }, schema: { hide: true } }, async (_request, reply) =>
    reply.type('text/html; charset=utf-8').send(PAGE),
  );
};
