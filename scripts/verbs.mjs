/**
 * @file Verbs of the launcher: what the list says of each, and what its own help adds. Read before the version of Node
 * is known, so it uses no new syntax.
 */
export const VERBS = {
  demo: {
    summary: 'search an architecture, train the winner, print the result',
    usage: '[--keep]',
    help: ['--keep  leave the service running until Ctrl-C'],
  },
  test: {
    summary: 'run every test, or those files whose path has a PART',
    usage: '[PART ...]',
    help: ['Starts Postgres and Redis by itself, and stops them at the end.'],
  },
  up: {
    summary: 'start the service in the background, print its address and an API key',
    usage: '',
    help: ['A service that runs already is left alone, unless its sources changed.'],
  },
  down: { summary: 'stop what "up" started', usage: '', help: [] },
  build: { summary: 'install, generate and compile everything, start nothing', usage: '', help: [] },
  check: {
    summary: 'formatter, linter, types, import rules, dead code, schema drift',
    usage: '',
    help: ['Exit code 0 only when every check passed.'],
  },
  doctor: {
    summary: 'say what is wrong on this machine and with what runs on it, and how to mend it',
    usage: '[--json] [--no-probe]',
    help: [
      '--json      one JSON document instead of lines',
      '--no-probe  send no job through a service that runs',
      'Changes nothing but for that small job. Exit code 1 when something needs mending.',
    ],
  },
  backup: {
    summary: 'write all that is stored into FILE, while the service runs',
    usage: 'FILE',
    help: [
      'One state of the database: jobs, metrics, logs, checkpoints, artifacts, keys. Redis holds nothing to keep.',
    ],
  },
  restore: {
    summary: 'load a back-up into an empty database, and verify it',
    usage: 'FILE [--into DATABASE] [--force]',
    help: [
      '--into DATABASE  a database of this name on the same server, made if it is missing: for a drill',
      '--force          replace what the database holds, jobs included',
      'Loads and verifies in one transaction: a restore that fails changes nothing.',
    ],
  },
  bench: {
    summary: 'run a benchmark of the bench folder',
    usage: 'NAME [ARGUMENT ...]',
    help: ['NAME --help says what it measures and which arguments it takes. The last line is JSON.'],
  },
  sched: {
    summary: 'plan a recorded scheduling pass again and say, job by job, why',
    usage: 'replay FILE [--json]',
    help: ['FILE is the answer of GET /v1/scheduling-passes/ID. Exit code 1 when the plan comes out otherwise.'],
  },
  reproduce: {
    summary: 'run the reproduction of a method: its claims beside what comes out here',
    usage: 'METHOD [--fresh]',
    help: [
      '--fresh  run jobs again that an earlier reproduction of the same build has finished',
      'Its jobs are ordinary ones, tagged reproduce=METHOD, on workers of their own or on the service that CRUCIBLE_URL',
      'and CRUCIBLE_KEY name. Interrupted and started again, it goes on where it was. The last line is JSON.',
    ],
  },
};

/** Words of a verb's own help. */
export function verbHelp(name) {
  const { summary, usage, help } = VERBS[name];
  return [`usage: ./crucible ${name} ${usage}`.trim(), `  ${summary}`]
    .concat(help.map((line) => `  ${line}`))
    .join('\n');
}
