import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const require = createRequire(import.meta.url);
const glueFile = () => require.resolve('@prisma/schema-engine-wasm/schema_engine_bg');

/** Version of the engine: the hash of Prisma's engine sources. */
export function engineVersion() {
  const { version } = JSON.parse(fs.readFileSync(path.join(path.dirname(glueFile()), 'package.json'), 'utf8'));
  return version.split('.').pop();
}

/**
 * Loads Prisma's schema engine.
 *
 * @param {[string, string][]} models path and text of each schema file
 * @param {object} factory see `adapterFactory`
 */
export async function loadEngine(models, factory) {
  globalThis.PRISMA_WASM_PANIC_REGISTRY = {
    message: '',
    set_message(message) {
      this.message = message;
      process.stderr.write(`${message}\n`);
    },
  };
  const glue = await import(pathToFileURL(glueFile()).href);
  const code = fs.readFileSync(path.join(path.dirname(glueFile()), 'schema_engine_bg.wasm'));
  const { instance } = await WebAssembly.instantiate(code, { './schema_engine_bg.js': glue });
  glue.__wbg_set_wasm(instance.exports);
  instance.exports.__wbindgen_start();
  return glue.SchemaEngine.new({ datamodels: models }, () => {}, factory);
}
