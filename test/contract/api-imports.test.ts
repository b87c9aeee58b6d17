import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import { withDatabase } from '../support/database.ts';

const run = promisify(execFile);
const { databaseUrl } = await withDatabase();

/** Refuses to resolve anything of TensorFlow.js, whoever asks for it. */
const GUARD = `
  export async function resolve(specifier, context, next) {
    const found = await next(specifier, context);
    if (found.url.includes('/@tensorflow/')) throw new Error('loaded ' + found.url);
    return found;
  }`;

/** Starts a process in which \`body\` runs under the guard; modules of CommonJS are looked up afterwards. */
const guarded = (body: string) =>
  run(
    process.execPath,
    [
      '--conditions=development',
      '--import',
      'tsx',
      '--input-type=module',
      '--eval',
      `import { createRequire, register } from 'node:module';
       register('data:text/javascript,' + encodeURIComponent(${JSON.stringify(GUARD)}));
       ${body}
       const { cache } = createRequire(process.cwd() + '/package.json');
       const loaded = Object.keys(cache).filter((path) => path.includes('/@tensorflow/'));
       if (loaded.length > 0) throw new Error('loaded ' + loaded[0]);
       process.stdout.write('clean');
       process.exit(0);`,
    ],
    { env: { ...process.env, DATABASE_URL: databaseUrl } },
  );

describe('an API process', () => {
  it('starts without a single module of TensorFlow.js', async () => {
    const { stdout } = await guarded(`
      const { createLogger, loadConfig, startService } = await import('@crucible/api');
      const service = await startService(loadConfig(process.env), createLogger('silent'));
      await service.close();`);
    assert.equal(stdout, 'clean');
  });

  it('would be caught if it loaded one', async () => {
    await assert.rejects(guarded(`await import('@tensorflow/tfjs-core');`), /loaded file:.*@tensorflow/);
  });
});
