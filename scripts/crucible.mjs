#!/usr/bin/env node
/**
 * @file Entry of every command. It needs nothing but Node: dependencies are installed on the way. Until the version is
 * checked it uses no syntax that an old Node cannot parse.
 */
import { VERBS, verbHelp } from './verbs.mjs';

const OLDEST = [20, 19];
const HELP = ['help', '--help', '-h'];

async function main() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])) {
    console.error(`Node ${OLDEST.join('.')} or newer is needed, this is ${process.version}.`);
    process.exit(1);
  }
  const verb = process.argv[2];
  const { jobVerbsHelp, runJobVerb } = await import('./lib/job-verbs.mjs');
  if (verb === undefined || HELP.includes(verb)) {
    const lines = Object.keys(VERBS).map((name) => `  ${name.padEnd(10)} ${VERBS[name].summary}`);
    const list = `usage: ./crucible VERB [ARGUMENT ...]; VERB --help says more\n\nThis clone:\n${lines.join('\n')}`;
    const text = `${list}\n\n${await jobVerbsHelp()}`;
    if (verb !== undefined) return console.log(text);
    console.error(text);
    process.exit(2);
  }
  if (!Object.keys(VERBS).includes(verb)) process.exit(await runJobVerb(process.argv.slice(2)));
  const given = process.argv.slice(3);
  const args = given.filter((word) => word !== '--');
  // What follows the name of a benchmark is for the benchmark.
  const own = ['bench', 'reproduce'].includes(verb) ? args.slice(0, 1) : args;
  if (own.includes('--help') || own.includes('-h')) return console.log(verbHelp(verb));
  process.umask(0o022); // what is installed and built must be readable for the user under whom Postgres runs
  const { catchSignals, fail, shutdown } = await import('./lib/shutdown.mjs');
  catchSignals();
  const { [verb]: run } = await import(`./verbs/${verb}.mjs`);
  await run(args).then(shutdown, fail);
}

main();
