#!/usr/bin/env node
/**
 * @file Stand-in for Prisma's native `schema-engine`, which is a download that not every machine can make: the same
 * command line and the same line-delimited JSON-RPC, served by Prisma's own WebAssembly build of that engine.
 */
import { parseArguments } from './schema-engine/arguments.mjs';
import { runCli } from './schema-engine/cli.mjs';
import { serveRpc } from './schema-engine/rpc.mjs';
import { engineVersion } from './schema-engine/wasm.mjs';

process.on('uncaughtException', (error) => {
  console.error(error.stack);
  process.exit(1);
});

const request = parseArguments(process.argv.slice(2), process.env);
if (request.wantsVersion) console.log(`schema-engine-cli ${engineVersion()}`);
else if (request.cliCommand !== null) await runCli(request.cliCommand, request.databaseUrl);
else await serveRpc(request);
process.exit(process.exitCode ?? 0);
