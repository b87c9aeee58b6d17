#!/usr/bin/env node
/**
 * @file Entry of every command. It needs nothing but Node: dependencies are installed on the way. Until the version is
 * checked it uses no syntax that an old Node cannot parse.
 */
const OLDEST = [20, 19];
const VERBS = {
  demo: 'search an architecture, train the winner, print the result; "-- --keep" leaves it running until Ctrl-C',
  test: 'run every test, or with "-- FILE ..." those files',
  up: 'start the service in the background, print its address and an API key',
  down: 'stop what "up" started',
  build: 'install, generate and compile everything, start nothing',
  check: 'formatter, linter, types, import rules, dead code, schema drift',
  doctor: 'say what is wrong on this machine and how to mend it',
  bench: 'bench NAME: run a benchmark of the bench folder',
  reproduce: 'reproduce METHOD: run the reproduction of a method',
  sched: 'sched replay FILE: plan a recorded scheduling pass again and say why; "--json" for programs',
};

function usage() {
  const lines = Object.keys(VERBS).map((verb) => `  ${verb.padEnd(10)} ${VERBS[verb]}`);
  return `usage: ./crucible VERB, or npm run demo | npm test\n\n${lines.join('\n')}\n  help       this list`;
}

async function main() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])) {
    console.error(`Node ${OLDEST.join('.')} or newer is needed, this is ${process.version}.`);
    process.exit(1);
  }
  const verb = process.argv[2];
  const args = process.argv.slice(3).filter((word) => word !== '--');
  if (verb === 'help' || verb === '--help' || verb === '-h') return console.log(usage());
  if (!Object.keys(VERBS).includes(verb)) {
    console.error(verb === undefined ? usage() : `unknown verb "${verb}"\n\n${usage()}`);
    process.exit(2);
  }
  process.umask(0o022); // what is installed and built must be readable for the user under whom Postgres runs
  const { catchSignals, fail, shutdown } = await import('./lib/shutdown.mjs');
  catchSignals();
  const { [verb]: run } = await import(`./verbs/${verb}.mjs`);
  await run(args).then(shutdown, fail);
}

main();
